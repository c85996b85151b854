import CarrelCore
import CarrelTesting
import Foundation
import Testing

@testable import CarrelIdentity

@Suite("The session key's file")
final class SigningKeyFileTests {
    let state = NSTemporaryDirectory() + "carrel-keys-\(UUID().uuidString)"
    var path: String { state + "/keys/session.key" }

    init() throws { try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: state) }

    @Test("It is made on first use for its owner only, and read from then on")
    func made() throws {
        let first = try SigningKeyFile.load(state: state)
        let second = try SigningKeyFile.load(state: state)
        #expect(first.cookies == second.cookies)
        #expect(try mode(path) == 0o600)
        #expect(try mode(state + "/keys") == 0o700)
        #expect(try FileManager.default.contentsOfDirectory(atPath: state + "/keys") == ["session.key"])
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count == 32)
    }

    @Test("Many at once make one key, and all get it")
    func race() async throws {
        let state = state
        let keys = try await withThrowingTaskGroup(of: SigningKeys.self) { group in
            for seed in 0..<16 {
                group.addTask { try SigningKeyFile.load(state: state, random: SeededRandom(seed: UInt64(seed))) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(keys.count == 16)
        #expect(keys.allSatisfy { $0.cookies == keys[0].cookies })
        #expect(try FileManager.default.contentsOfDirectory(atPath: state + "/keys") == ["session.key"])
    }

    @Test("Readable by others, it is refused, and left as it is", arguments: [0o640, 0o604, 0o660, 0o644])
    func readable(mode: Int) throws {
        _ = try SigningKeyFile.load(state: state)
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        let error = #expect(throws: CarrelError.self) { _ = try SigningKeyFile.load(state: state) }
        #expect(error?.code == .configuration)
        #expect(error?.message.contains("read by others") == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }

    @Test("Of the wrong size, it is refused, not replaced", arguments: [0, 31, 33, 4096])
    func size(count: Int) throws {
        _ = try SigningKeyFile.load(state: state)
        let bytes = Data(repeating: 1, count: count)
        try bytes.write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        let error = #expect(throws: CarrelError.self) { _ = try SigningKeyFile.load(state: state) }
        #expect(error?.message.contains("32 bytes") == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
    }

    @Test("A link, a directory in its place, a directory that others may write into, and no state at all are refused")
    func places() throws {
        let files = FileManager.default
        #expect(throws: CarrelError.self) { _ = try SigningKeyFile.load(state: state + "/missing") }
        try files.createDirectory(atPath: path, withIntermediateDirectories: true)
        #expect(throws: CarrelError.self) { _ = try SigningKeyFile.load(state: state) }
        try files.removeItem(atPath: path)
        try Data(repeating: 1, count: 32).write(to: URL(fileURLWithPath: state + "/elsewhere"))
        try files.setAttributes([.posixPermissions: 0o600], ofItemAtPath: state + "/elsewhere")
        try files.createSymbolicLink(atPath: path, withDestinationPath: state + "/elsewhere")
        #expect(throws: CarrelError.self) { _ = try SigningKeyFile.load(state: state) }
        try files.removeItem(atPath: path)
        try files.setAttributes([.posixPermissions: 0o777], ofItemAtPath: state + "/keys")
        #expect(throws: CarrelError.self) { _ = try SigningKeyFile.load(state: state) }
    }

    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? NSNumber).intValue
    }
}
