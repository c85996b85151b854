import CarrelCore
import CarrelTesting
import Foundation
import Testing

@testable import EngineDocker

@Suite("A container's first process, as the machine shows it")
struct AppProcessTests {
    private let container = String(repeating: "0a1b2c3d", count: 8)

    /// A table of processes with the container's first one, number 100, and its child 101.
    private func look(
        first: String? = "docker-init",
        cgroup: String = "0::/docker/ID",
        child: String? = "python3",
        status: String = "Name:\\tpython3\\nUid:\\t0\\t1000\\t1000\\t1000\\nGid:\\t0\\t1001\\t1001\\t1001\\n"
    ) throws -> AppProcess {
        let table = NSTemporaryDirectory() + "carrel-proc-\(UUID())"
        defer { try? FileManager.default.removeItem(atPath: table) }
        func write(_ text: String, _ path: String) throws {
            let whole = URL(fileURLWithPath: "\(table)/\(path)")
            try FileManager.default.createDirectory(
                at: whole.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try text.replacingOccurrences(of: "\\t", with: "\t").replacingOccurrences(of: "\\n", with: "\n")
                .write(to: whole, atomically: false, encoding: .utf8)
        }
        if let first {
            try write(first + "\n", "100/comm")
            try write(cgroup.replacingOccurrences(of: "ID", with: container) + "\n", "100/cgroup")
            try write(child == nil ? "" : "101 ", "100/task/100/children")
        }
        if let child {
            try write(child + "\n", "101/comm")
            try write(status, "101/status")
        }
        return AppProcess.look(100, of: container, in: table)
    }

    @Test("The app runs as its effective user")
    func running() throws {
        #expect(try look() == .running(UserNumbers(uid: 1000, gid: 1001)))
        #expect(try look(first: "catatonit") == .running(UserNumbers(uid: 1000, gid: 1001)))
    }

    @Test("Until the init's child has become the app, it is waited for", arguments: [nil, "docker-init"])
    func waiting(_ child: String?) throws { #expect(try look(child: child) == .waiting) }

    @Test(
        "What makes the container, and the init before the app, are not the app",
        arguments: [
            "/usr/bin/crun --systemd-cgroup start", "runc init", "/sbin/docker-init -- python3",
            "/run/podman-init -- sh",
        ]
    )
    func before(line: String) { #expect(AppProcess.isBeforeApp(line)) }

    @Test("The app is the app", arguments: ["python3 crun", "/opt/runcible", ""])
    func app(line: String) { #expect(!AppProcess.isBeforeApp(line)) }

    @Test("A process that is somebody else's, or not there, or no init, says nothing")
    func unseen() throws {
        #expect(try look(cgroup: "0::/docker/another") == .unseen)
        #expect(try look(first: nil) == .unseen)
        #expect(try look(first: "python3") == .unseen)
    }
}
