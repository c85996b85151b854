import CarrelCore
import CarrelTesting
import EngineHost
import Foundation
import Testing

@testable import EngineProcess

enum JupyterLab {
    static var venv: String? {
        let named = ProcessInfo.processInfo.environment["CARREL_TEST_VENV"] ?? "/var/lib/carrel-test/venv"
        return SystemFile.isExecutable(named + "/bin/jupyter-lab") ? named : nil
    }
}

@Suite(
    "A real JupyterLab",
    .enabled(
        if: JupyterLab.venv != nil && ProcessFixture.isRoot && ProcessFixture.canSandbox,
        "needs root, bubblewrap and JupyterLab: make test installs it, CARREL_TEST_VENV names its venv"
    )
)
struct JupyterTests {
    @Test("Warm, it takes a home and starts a kernel in it")
    func warm() async throws {
        let venv = try #require(JupyterLab.venv)
        let python = URL(fileURLWithPath: venv + "/bin/python").resolvingSymlinksInPath().deletingLastPathComponent()
        let visible = [venv, python.deletingLastPathComponent().path].filter { !$0.hasPrefix("/usr") }
        try await ProcessFixture.with(visible: visible) { trial in
            var app = try trial.fixture.app(command: [], withHome: true)
            app.command = try [
                "\(venv)/bin/jupyter-lab", "--no-browser", "--ServerApp.ip=127.0.0.1",
                "--ServerApp.port={{workspace.port}}", "--ServerApp.base_url={{workspace.path}}",
                "--ServerApp.root_dir={{workspace.home}}", "--ServerApp.allow_remote_access=True",
            ].map { try Template($0) }
            app.environment = ["JUPYTER_TOKEN": .template(try Template("{{workspace.token}}"))]
            let spare = try await trial.start(app, home: "spare")
            let path = "/w/\(spare.workspace)/"
            let token = "Authorization: token token-\(spare.workspace)\r\n"
            try await trial.eventually("it never answered: \(try await trial.log(spare))") {
                try await blocking { try Client.get(path + "api/status", from: spare.endpoint, headers: token) }
                    .contains("200 OK")
            }
            let home = try trial.fixture.home("ada", for: app)
            var random = SystemRandomNumberGenerator()
            let identity = WorkspaceIdentity(
                id: UserID(from: &random),
                name: "Ada",
                email: nil,
                workspace: spare.workspace,
                workspaceName: .unnamed
            )
            try await trial.engine.attach(home, identity: identity, to: spare.workspace)
            let kernel = try await blocking {
                try Client.request(
                    "POST \(path)api/kernels HTTP/1.0\r\nHost: localhost\r\n\(token)Content-Length: 2\r\n\r\n{}",
                    to: spare.endpoint
                )
            }
            #expect(kernel.contains("201 Created"), "\(kernel)")
            let save = #"{"type":"file","format":"text","content":"6*7"}"#
            let saved = try await blocking {
                try Client.request(
                    "PUT \(path)api/contents/cell.py HTTP/1.0\r\nHost: localhost\r\n\(token)"
                        + "Content-Length: \(save.utf8.count)\r\n\r\n\(save)",
                    to: spare.endpoint
                )
            }
            #expect(saved.contains("201 Created"), "\(saved)")
            #expect(SystemFile.read(home.location + "/cell.py") == "6*7")
        }
    }
}
