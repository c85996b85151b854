import CarrelCore
import CarrelTesting
import EngineHost
import Testing

@testable import EngineProcess

@Suite("Logs are kept, bounded and handed on")
struct LogTests {
    @Test("A log beyond its limit is rotated once, and the last lines stay")
    func rotated() async throws {
        try await ProcessFixture.with(logLimit: 10_000) { trial in
            let instance = try await trial.start("for i in $(seq 5000); do echo line $i; done; sleep 600")
            try await trial.waitFor("line 5000\n", in: instance)
            let files = SystemFile.names(in: trial.engine.directories.instance(instance.workspace).path)
            #expect(files.count { $0.hasPrefix("output.log") } == 2, "\(files)")
            let tail = try await trial.engine.tail(instance.workspace, lines: 2)
            #expect(tail == "line 4999\nline 5000\n")
        }
    }

    @Test("Who follows misses nothing across a rotation")
    func followed() async throws {
        try await ProcessFixture.with(logLimit: 2000) { trial in
            let instance = try await trial.start(
                "until [ -e $XDG_RUNTIME_DIR/identity.json ]; do sleep 0.01; done; "
                    + "for i in $(seq 600); do echo line $i; [ $((i % 50)) = 0 ] && sleep 0.05; done"
            )
            let stream = try await trial.engine.follow(instance.workspace)
            var random = SystemRandomNumberGenerator()
            let identity = WorkspaceIdentity(
                id: UserID(from: &random),
                name: "Ada",
                email: nil,
                workspace: instance.workspace,
                workspaceName: .unnamed
            )
            try await trial.engine.attach(nil, identity: identity, to: instance.workspace)
            var text = ""
            for try await part in stream { text += part }
            #expect(text == (1...600).map { "line \($0)\n" }.joined())
        }
    }

    @Test("A character is handed on whole")
    func characters() {
        let bytes = Array("größe".utf8)
        #expect(LogText.wholeCharacters(Array(bytes[..<3])) == 2)
        #expect(LogText.wholeCharacters(Array(bytes[..<4])) == 4)
        #expect(LogText.wholeCharacters([]) == 0)
        #expect(LogText.wholeCharacters([0x80, 0x80]) == 2)
        #expect(LogText.wholeCharacters([0xf0, 0x9f, 0x92]) == 0)
    }
}
