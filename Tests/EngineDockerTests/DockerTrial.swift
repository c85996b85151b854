import CarrelCore
import CarrelTesting
import Foundation
import Glibc

@testable import EngineDocker

/// One engine and what its tests do with it.
struct DockerTrial: Sendable {
    let fixture: DockerFixture
    let engine: DockerEngine

    /// A spare whose app has a home that comes later.
    func start(_ script: String, change: (inout App) -> Void = { _ in }) async throws -> Instance {
        var app = try fixture.app(script, withHome: true)
        change(&app)
        var random = SystemRandomNumberGenerator()
        let id = WorkspaceID(from: &random)
        return try await engine.create(
            InstanceSpec(
                workspace: id,
                app: app,
                definition: app.definition,
                values: [.workspaceID: "\(id)", .workspaceToken: "token-\(id)", .workspacePath: "/w/\(id)/"]
            )
        )
    }

    func identity(for instance: Instance) -> WorkspaceIdentity {
        var random = SystemRandomNumberGenerator()
        return WorkspaceIdentity(
            id: UserID(from: &random),
            name: "Ada",
            email: nil,
            workspace: instance.workspace,
            workspaceName: .unnamed
        )
    }

    /// A volume of this trial alone.
    func volume(_ name: String, options: [String: String] = [:]) -> HomeMount {
        HomeMount(
            location: "\(fixture.deployment)-\(name)",
            mount: "/home/member",
            storageUID: 70_001,
            driver: "local",
            options: options
        )
    }

    /// Where a volume lies on this machine. Made if it is missing; with `owner` it gets that one's files first.
    func files(of home: HomeMount, owner: UInt32? = nil) async throws -> Files {
        let volume = try await engine.client.post(
            "/volumes/create",
            body: VolumeRequest(
                name: home.location,
                driver: home.driver ?? "local",
                options: home.options,
                labels: [ContainerLabels.deployment: fixture.deployment]
            ),
            as: VolumeDetails.self
        )
        return Files(path: volume.mountpoint)
    }

    struct Files {
        let path: String

        func write(_ text: String, to name: String, owner: UInt32) throws {
            try text.write(toFile: "\(path)/\(name)", atomically: false, encoding: .utf8)
            chown("\(path)/\(name)", owner, owner)
        }

        func read(_ name: String) throws -> String { try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }
    }

    /// The containers that keep volumes mounted.
    func holders() async throws -> [ContainerSummary] {
        let filter = """
            {"label":["\(ContainerLabels.deployment)=\(fixture.deployment)","\(VolumeHolders.label)"]}
            """
        return try await engine.client.get("/containers/json", ["all": "1", "filters": filter])
    }

    func eventually(_ sentence: String, _ holds: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < end {
            if try await holds() { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw ContractBroken(sentence)
    }

    func waitFor(_ text: String, in instance: Instance) async throws {
        try await eventually("“\(text)” never appeared: \(try await engine.tail(instance.workspace, lines: 50))") {
            try await engine.tail(instance.workspace, lines: 500).contains(text)
        }
    }
}
