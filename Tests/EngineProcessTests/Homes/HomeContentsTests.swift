import CarrelCore
import CarrelTesting
import EngineHost
import Foundation
import Glibc
import Testing

@Suite("What lies in a home")
struct HomeContentsTests {
    /// A directory that is gone afterwards.
    private func inDirectory(_ body: (String) async throws -> Void) async throws {
        var template = Array("/tmp/carrel-contents-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw ContractBroken("no directory below /tmp") }
        let root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        do { try await body(root) } catch {
            _ = Command(arguments: ["/bin/rm", "-rf", root]).run()
            throw error
        }
        _ = Command(arguments: ["/bin/rm", "-rf", root]).run()
    }

    private func write(_ bytes: Int, to path: String) throws {
        try Data(repeating: 65, count: bytes).write(to: URL(filePath: path))
    }

    /// As `du` says, which is somebody else's program.
    private func du(_ path: String) throws -> Int64 {
        let outcome = Command(arguments: ["/usr/bin/du", "-sx", "--block-size=1", path]).run()
        return try #require(Int64(outcome.output.prefix { $0.isNumber }))
    }

    @Test("As many bytes as du counts: with holes, links, files of several names and closed directories")
    func sameAsDu() async throws {
        try await inDirectory { root in
            try write(3_000_000, to: root + "/big")
            #expect(link(root + "/big", root + "/same") == 0)
            #expect(symlink("/usr", root + "/elsewhere") == 0)
            #expect(mkfifo(root + "/pipe", 0o600) == 0)
            let file = open(root + "/holes", O_RDWR | O_CREAT, 0o600)
            #expect(ftruncate(file, 1 << 40) == 0 && close(file) == 0)
            for number in 0..<40 {
                let directory = "\(root)/d\(number)"
                #expect(mkdir(directory, 0o755) == 0)
                for name in 0..<40 { try write(number * 200, to: "\(directory)/\(name)") }
            }
            #expect(chmod(root + "/d7", 0) == 0)
            let found = try await HomeContents.measure(root, quota: nil, whole: false)
            #expect(found == HomeMeasurement(used: try du(root), isWhole: true))
            #expect((found.used ?? 0) > 3_000_000)
        }
    }

    @Test("A tree deeper than any path may be long is counted whole")
    func deep() async throws {
        try await inDirectory { root in
            let depth = 3000
            var at = open(root, O_RDONLY | O_DIRECTORY)
            for _ in 0..<depth {
                #expect(mkdirat(at, "deep", 0o755) == 0)
                let next = openat(at, "deep", O_RDONLY | O_DIRECTORY)
                close(at)
                at = next
            }
            let file = openat(at, "bottom", O_WRONLY | O_CREAT, 0o600)
            #expect(Glibc.write(file, Array(repeating: UInt8(1), count: 100_000), 100_000) == 100_000)
            #expect(fsync(file) == 0)
            close(file)
            close(at)
            let found = try await HomeContents.measure(root, quota: nil, whole: false)
            #expect((found.used ?? 0) >= 100_000)
            #expect(found.used == (try du(root)))
        }
    }

    @Test("What is mounted in it is not its own", .enabled(if: geteuid() == 0))
    func mounts() async throws {
        try await inDirectory { root in
            let before = try await HomeContents.measure(root, quota: nil, whole: false)
            #expect(mkdir(root + "/in", 0o755) == 0)
            let mounted = Command(arguments: ["/bin/mount", "-t", "tmpfs", "carrel-test", root + "/in"]).run()
            guard mounted.succeeded else { return }
            try write(5_000_000, to: root + "/in/large")
            let found = try await HomeContents.measure(root, quota: nil, whole: false)
            #expect(Command(arguments: ["/bin/umount", root + "/in"]).run().succeeded)
            #expect((found.used ?? 0) < (before.used ?? 0) + 100_000)
        }
    }

    @Test("One that is not there holds nothing; one that is no directory can't be measured, which is not nothing")
    func missing() async throws {
        try await inDirectory { root in
            #expect(
                try await HomeContents.measure(root + "/none", quota: nil, whole: false) == HomeMeasurement(used: 0)
            )
            try write(10, to: root + "/file")
            let found = try await HomeContents.measure(root + "/file", quota: nil, whole: false)
            #expect(found.used == nil && found.trouble?.hasSuffix(".") == true)
        }
    }

    @Test("A measurement that nobody waits for ends")
    func cancelled() async throws {
        try await inDirectory { root in
            for number in 0..<3000 { try write(0, to: "\(root)/\(number)") }
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await HomeContents.measure(root, quota: nil, whole: false)
            }
            await #expect(throws: CancellationError.self) { _ = try await task.value }
        }
    }

    @Test("The part of a rule's path that is everybody's")
    func common() throws {
        let engine = try #require(EngineName("here"))
        for (path, common) in [
            ("/srv/homes/{{user.id}}", "/srv/homes"), ("/srv/h-{{user.id}}/x", "/srv"), ("/{{user.id}}", ""),
            ("/srv/{{user.id}}/{{workspace.name}}", "/srv"),
        ] {
            let rule = HomeRule(id: "t", engine: engine, location: try Template(path), kind: .directory)
            #expect(rule.commonDirectory == common)
        }
    }
}
