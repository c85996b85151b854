import CarrelCore
import CarrelTesting
import Foundation
import Glibc
import Synchronization
import Testing

@testable import EngineDocker

@Suite("Commands in a container", .enabled(if: DockerFixture.isThere))
struct ShellTests {
    /// What a command wrote, and how it ended.
    private struct Ended: Sendable {
        var standard = ""
        var error = ""
        var code: Int32?
    }

    private final class Said: Sendable {
        private let state = Mutex(Ended())

        var ended: Ended { state.withLock { $0 } }

        func add(_ piece: ShellOutput) {
            state.withLock { ended in
                switch piece {
                case .standard(let bytes): ended.standard += String(decoding: bytes, as: UTF8.self)
                case .error(let bytes): ended.error += String(decoding: bytes, as: UTF8.self)
                }
            }
        }

        func end(_ code: Int32?) { state.withLock { $0.code = code } }
    }

    /// Runs it to its end. `talk` sends, meanwhile.
    private func run(
        _ command: [String],
        terminal: TerminalSize? = nil,
        in workspace: WorkspaceID,
        _ engine: DockerEngine,
        talk: @escaping @Sendable (any Shell, @escaping @Sendable () -> String) async throws -> Void = { shell, _ in
            try await shell.endInput()
        }
    ) async throws -> Ended {
        let said = Said()
        let order = ShellOrder(command: command, terminal: terminal.map { .init(kind: "xterm", size: $0) })
        try await engine.run(order, in: workspace) { shell in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await talk(shell) { said.ended.standard } }
                for try await piece in shell.output { said.add(piece) }
                group.cancelAll()
            }
            said.end(try await shell.exitCode())
        }
        return said.ended
    }

    @Test("Both outputs come apart, with the exit code, and the input with its end")
    func outputs() async throws {
        try await DockerFixture.with { trial in
            let spare = try await trial.start("exec sleep 600")
            let script = "echo out; echo err >&2; read line; echo \"got $line\"; cat; exit 7"
            let ended = try await run(["sh", "-c", script], in: spare.workspace, trial.engine) { shell, _ in
                try await shell.send(Array("first\nthe rest".utf8))
                try await shell.endInput()
            }
            #expect(ended.standard == "out\ngot first\nthe rest")
            #expect(ended.error == "err\n")
            #expect(ended.code == 7)
        }
    }

    @Test("More than any buffer holds comes whole, both ways")
    func much() async throws {
        try await DockerFixture.with { trial in
            let spare = try await trial.start("exec sleep 600")
            let ended = try await run(["sh", "-c", "cat | wc -c"], in: spare.workspace, trial.engine) { shell, _ in
                for _ in 0..<80 { try await shell.send(Array(repeating: 65, count: 100_000)) }
                try await shell.endInput()
            }
            #expect(ended.standard.filter(\.isNumber) == "8000000" && ended.code == 0)
            let script =
                "i=0; while [ $i -lt 20000 ]; do echo 0123456789012345678901234567890123456789; i=$((i+1)); done"
            let large = try await run(["sh", "-c", script], in: spare.workspace, trial.engine)
            #expect(large.standard.utf8.count == 20_000 * 41 && large.code == 0)
        }
    }

    @Test("A terminal echoes, knows its size, and that it changed")
    func terminal() async throws {
        try await DockerFixture.with { trial in
            let spare = try await trial.start("exec sleep 600")
            let size = TerminalSize(columns: 91, rows: 31)
            let ended = try await run(["sh"], terminal: size, in: spare.workspace, trial.engine) { shell, said in
                try await shell.resize(size)
                try await shell.send(Array("stty size; echo $TERM\n".utf8))
                try await trial.eventually("the size was never told") { said().contains("31 91") }
                try await shell.resize(TerminalSize(columns: 120, rows: 40))
                try await shell.send(Array("stty size; exit 5\n".utf8))
            }
            // Typed, so echoed; then answered.
            #expect(ended.standard.contains("stty size; echo $TERM"))
            #expect(ended.standard.contains("xterm") && ended.standard.contains("40 120"))
            #expect(ended.code == 5)
        }
    }

    @Test("A command that is left is ended", .enabled(if: geteuid() == 0))
    func left() async throws {
        try await DockerFixture.with { trial in
            let spare = try await trial.start("exec sleep 600")
            let order = ShellOrder(command: ["sh", "-c", "trap '' HUP; echo begun; sleep 4321"], terminal: nil)
            try await trial.engine.run(order, in: spare.workspace) { shell in
                for try await _ in shell.output { break }
            }
            let ended = try await run(["sh", "-c", "cat /proc/[0-9]*/cmdline"], in: spare.workspace, trial.engine)
            #expect(!ended.standard.contains("trap"))
        }
    }

    @Test("A workspace that does not run, or is not there, and a command that is not there, are told as that")
    func refused() async throws {
        try await DockerFixture.with { trial in
            let spare = try await trial.start("exec sleep 600")
            let none = try await run(["no-such-program"], in: spare.workspace, trial.engine)
            #expect(none.code == 127 || none.code == 126)
            try await trial.engine.pause(spare.workspace)
            let paused = await #expect(throws: CarrelError.self) {
                _ = try await run(["true"], in: spare.workspace, trial.engine)
            }
            #expect(paused?.code == .conflict)
            try await trial.engine.resume(spare.workspace)
            let name = ContainerLabels.name(spare.workspace)
            try await trial.engine.client.post("/containers/\(name)/kill")
            try await trial.engine.client.post("/containers/\(name)/wait")
            let exited = await #expect(throws: CarrelError.self) {
                _ = try await run(["true"], in: spare.workspace, trial.engine)
            }
            #expect(exited?.code == .conflict)
            var random = SystemRandomNumberGenerator()
            let unknown = await #expect(throws: CarrelError.self) {
                _ = try await run(["true"], in: WorkspaceID(from: &random), trial.engine)
            }
            #expect(unknown?.code == .notFound)
        }
    }
}
