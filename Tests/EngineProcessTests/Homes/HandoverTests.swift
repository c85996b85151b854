import CarrelCore
import CarrelTesting
import EngineHost
import Glibc
import Testing

@testable import EngineProcess

@Suite("A home comes to a running spare", .enabled(if: ProcessFixture.isRoot, "mounting needs root"))
struct HandoverTests {
    private func identity(_ workspace: WorkspaceID) -> WorkspaceIdentity {
        var random = SystemRandomNumberGenerator()
        return WorkspaceIdentity(
            id: UserID(from: &random),
            name: "Ada",
            email: "ada@example.org",
            workspace: workspace,
            workspaceName: .unnamed
        )
    }

    @Test("Files are stored under the member's own uid, whoever the workspace runs as")
    func owners() async throws {
        try await ProcessFixture.with { trial in
            let script =
                "until [ -w $HOME/. ] && [ -e $XDG_RUNTIME_DIR/identity.json ]; do sleep 0.01; done; "
                + "echo x > $HOME/file; stat -c 'seen as %u by '$(id -u) $HOME/file; exec sleep 600"
            let instance = try await trial.start(script, home: "spare")
            let home = try trial.fixture.home("ada", for: trial.fixture.app("true", withHome: true))
            try await trial.engine.attach(home, identity: identity(instance.workspace), to: instance.workspace)
            try await trial.waitFor("seen as", in: instance)
            let uid = try #require(try await trial.engine.record(instance.workspace)?.uid)
            #expect(try await trial.log(instance) == "seen as \(uid) by \(uid)\n")
            var about = stat()
            try #require(lstat(home.location + "/file", &about) == 0)
            #expect(about.st_uid == 70_001 && about.st_gid == 70_001)
            try #require(lstat(home.location, &about) == 0)
            #expect(about.st_uid == 70_001 && about.st_mode & 0o777 == 0o700)
        }
    }

    @Test("A home that somebody turned into a link is refused")
    func links() async throws {
        try await ProcessFixture.with { trial in
            mkdir(trial.fixture.root + "/homes", 0o755)
            symlink("/etc", trial.fixture.root + "/homes/ada")
            let instance = try await trial.start("exec sleep 600", home: "spare")
            let home = try trial.fixture.home("ada", for: trial.fixture.app("true", withHome: true))
            await #expect(throws: CarrelError.self) {
                try await trial.engine.attach(home, identity: identity(instance.workspace), to: instance.workspace)
            }
            #expect(try await trial.engine.instances().first?.home == nil)
        }
    }

    @Test("An attachment that a crash cut short is finished by repeating it")
    func repeated() async throws {
        try await ProcessFixture.with { trial in
            let instance = try await trial.start("exec sleep 600", home: "spare")
            let home = try trial.fixture.home("ada", for: trial.fixture.app("true", withHome: true))
            try await trial.engine.attach(home, identity: identity(instance.workspace), to: instance.workspace)
            let slot = trial.engine.directories.slot(instance.workspace)
            // As if it had been written down and not yet done.
            #expect(unmount(slot) == nil)
            try await trial.engine.attach(home, identity: identity(instance.workspace), to: instance.workspace)
            #expect(SystemFile.read("/proc/self/mountinfo")?.contains(" \(slot) ") == true)
        }
    }
}
