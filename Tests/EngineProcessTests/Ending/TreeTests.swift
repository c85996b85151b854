import CLinux
import CarrelCore
import CarrelTesting
import EngineHost
import Glibc
import Testing

@testable import EngineProcess

@Suite("The whole tree of a workspace ends with it")
struct TreeTests {
    /// A grandchild in a session of its own whose parent is gone, like a kernel or a daemon.
    static let daemon = "(setsid sh -c 'echo daemon; exec sleep 599' &) ; sleep 0.2; echo started; "

    /// Processes of this machine that know they belong to `workspace`.
    static func processes(of workspace: WorkspaceID) -> [Int32] {
        SystemFile.names(in: "/proc").compactMap { Int32($0) }.filter { pid in
            (SystemFile.read("/proc/\(pid)/environ") ?? "").contains("CARREL_WORKSPACE=\(workspace)")
        }
    }

    @Test("A directory in which somebody still makes and removes files is gone when its removal says so")
    func removedWhileWritten() async throws {
        for _ in 0..<20 {
            var template = Array("/tmp/carrel-tree-XXXXXX".utf8CString)
            let path = String(cString: try #require(mkdtemp(&template)))
            mkdir(path + "/below", 0o700)
            async let written: Int = Self.write(into: [path, path + "/below"], files: 2000)
            #expect(await Task.detached { clinux_remove_tree(path) }.value == 0)
            #expect(access(path, F_OK) != 0)
            _ = await written
        }
    }

    /// Until they can't be made any more. How many there were.
    private static func write(into directories: [String], files: Int) async -> Int {
        for number in 0..<files {
            for directory in directories {
                let file = "\(directory)/\(number)"
                let descriptor = open(file, O_CREAT | O_WRONLY, 0o600)
                if descriptor >= 0 { close(descriptor) }
                if number % 3 != 0 { unlink(file) }
            }
            if access(directories[0], F_OK) != 0 { return number }
        }
        return files
    }

    static var modes: [ProcessEngineSettings.Sandbox] { ProcessFixture.canSandbox ? [.auto, .off] : [.off] }

    @Test("Destroying ends daemons in sessions of their own too", arguments: modes)
    func destroyed(_ mode: ProcessEngineSettings.Sandbox) async throws {
        try await ProcessFixture.with(mode) { trial in
            let instance = try await trial.start(Self.daemon + "exec sleep 600")
            try await trial.waitFor("started", in: instance)
            #expect(Self.processes(of: instance.workspace).count >= 2)
            try await trial.engine.destroy(instance.workspace, grace: .seconds(5))
            #expect(Self.processes(of: instance.workspace).isEmpty)
        }
    }

    @Test("So does the app's own end", arguments: modes)
    func exited(_ mode: ProcessEngineSettings.Sandbox) async throws {
        try await ProcessFixture.with(mode) { trial in
            let instance = try await trial.start(Self.daemon + "exit 7")
            try await trial.eventually("it did not end") {
                guard case .exited(code: 7, _) = try await trial.state(instance) else { return false }
                return Self.processes(of: instance.workspace).isEmpty
            }
        }
    }

    @Test("So does the violent end of its keeper, which is told", .enabled(if: ProcessFixture.isRoot), arguments: modes)
    func keeperKilled(_ mode: ProcessEngineSettings.Sandbox) async throws {
        try await ProcessFixture.with(mode) { trial in
            let instance = try await trial.start(Self.daemon + "exec sleep 600")
            try await trial.waitFor("started", in: instance)
            let events = trial.engine.events()
            let keeper = try #require(trial.engine.directories.instance(instance.workspace).keeperRecord)
            kill(keeper.pid, SIGKILL)
            for await workspace in events where workspace == instance.workspace { break }
            guard case .exited(nil, let because?) = try await trial.state(instance) else {
                throw ContractBroken("it is \(String(describing: try await trial.state(instance)))")
            }
            #expect(because.contains("keeper"))
            try await trial.eventually("processes are left") { Self.processes(of: instance.workspace).isEmpty }
        }
    }

    @Test("Nothing is left: no mount, no control group, no user, no slot", .enabled(if: ProcessFixture.isRoot))
    func nothingLeft() async throws {
        try await ProcessFixture.with { trial in
            let script = "echo x > $HOME/x; mkdir -p /tmp/a/b; echo written; exec sleep 600"
            let instance = try await trial.start(script, home: "ada")
            try await trial.waitFor("written", in: instance)
            let record = try #require(try await trial.engine.record(instance.workspace))
            let group = try #require(await trial.engine.machine).cgroups.group(instance.workspace)
            let slot = try #require(record.slot)
            try await trial.engine.destroy(instance.workspace, grace: .seconds(1))
            #expect(group.joins.allSatisfy { !SystemFile.exists($0) })
            #expect(!SystemFile.exists(slot))
            #expect(
                SystemFile.link("/run/carrel-users/\(try #require(record.uid))")
                    != trial.engine.directories.instance(instance.workspace).path
            )
            #expect(SystemFile.exists(trial.fixture.root + "/homes/ada/x"))
        }
    }

    @Test("Running out of memory is told as that", .enabled(if: ProcessFixture.isRoot))
    func outOfMemory() async throws {
        try await ProcessFixture.with { trial in
            var app = try trial.fixture.app(command: ["/usr/bin/python3", "-c", "x = b'x' * (300 << 20)"])
            app.resources.memory = 64 << 20
            let instance = try await trial.start(app)
            try await trial.eventually("it did not end") {
                guard case .exited(137, let because?) = try await trial.state(instance) else { return false }
                return because == "The app used more memory than its limit of 64 MiB and was ended by the system."
            }
        }
    }
}
