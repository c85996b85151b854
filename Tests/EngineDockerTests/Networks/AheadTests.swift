import CarrelCore
import CarrelTesting
import EngineHost
import Testing

@testable import EngineDocker

@Suite(
    "Networks that are made ahead",
    .serialized,
    .enabled(if: DockerFixture.isThere && Surroundings.canMake, "needs root, a Docker Engine and iptables")
)
struct AheadTests {
    private func app(_ trial: NetworkTrial, _ egress: Egress) throws -> App {
        var app = try trial.fixture.app(command: ["/bin/busybox", "httpd", "-f", "-p", "8888", "-h", "/www"])
        app.egress = egress
        return app
    }

    private func spec(_ app: App, _ id: WorkspaceID) -> InstanceSpec {
        InstanceSpec(workspace: id, app: app, definition: app.definition, values: [:])
    }

    private func names(_ trial: NetworkTrial) async throws -> Set<String> {
        Set(try await trial.engine.networks.listed().map(\.name))
    }

    @Test("A start uses the one that was made for its id, which is kept apart like any other and goes with it")
    func used() async throws {
        try await Surroundings.with { around in
            try await NetworkTrial.with { trial in
                let app = try app(trial, .only(["\(around.allowed)/32"]))
                await trial.engine.makeAhead(for: [app])
                let before = try await trial.engine.networks.listed()
                #expect(before.count == NetworksAhead.count)
                #expect(try await trial.engine.instances().isEmpty, "they are nobody's, and nothing is left over")
                let id = try #require(await trial.engine.takeAhead(for: app))
                #expect(try await trial.engine.instances().isEmpty)
                let instance = try await trial.engine.create(spec(app, id))
                #expect(try await trial.engine.networks.listed().map(\.id).sorted() == before.map(\.id).sorted())
                guard case .tcp(let address, let port) = instance.endpoint else { throw ContractBroken("no address") }
                try await trial.eventually("it never answered") { try await NetworkTrial.answers(address, port) }
                let place = NetworkTrial.Place(workspace: id, address: address)
                #expect(try await place.reach(around.allowed) == .reached)
                #expect(try await place.reach(around.other) == .refused)
                try await trial.engine.destroy(id, grace: .zero)
                #expect(try await !names(trial).contains(ContainerLabels.name(id)))
                await trial.engine.makeAhead(for: [app])
                #expect(try await names(trial).count == NetworksAhead.count)
            }
        }
    }

    @Test("One that somebody removed is made again by the start")
    func pruned() async throws {
        try await NetworkTrial.with { trial in
            let app = try app(trial, .internet)
            await trial.engine.makeAhead(for: [app])
            let id = try #require(await trial.engine.takeAhead(for: app))
            try await trial.engine.client.delete("/networks/\(ContainerLabels.name(id))")
            #expect(try await trial.engine.create(spec(app, id)).endpoint != nil)
        }
    }

    @Test("One that is given back is given again; one that is forgotten is listed as left over, and goes")
    func returned() async throws {
        try await NetworkTrial.with { trial in
            let app = try app(trial, .internet)
            await trial.engine.makeAhead(for: [app])
            let id = try #require(await trial.engine.takeAhead(for: app))
            await trial.engine.returnAhead(id, of: app)
            #expect(await trial.engine.takeAhead(for: app) == id)
            await trial.engine.forgetAhead(id)
            #expect(try await trial.engine.instances().map(\.workspace) == [id])
            try await trial.engine.destroy(id, grace: .zero)
            #expect(try await trial.engine.instances().isEmpty)
            let other = try #require(await trial.engine.takeAhead(for: app))
            #expect(other != id)
            // A claim that ended before its start.
            try await trial.engine.destroy(other, grace: .zero)
            #expect(await trial.engine.takeAhead(for: app) == nil)
            #expect(try await names(trial).isEmpty)
        }
    }

    @Test("After a crash those that nobody has are taken up again, and those in use are not given to anybody")
    func crashed() async throws {
        try await NetworkTrial.with { trial in
            let app = try app(trial, .internet)
            await trial.engine.makeAhead(for: [app])
            let used = try #require(await trial.engine.takeAhead(for: app))
            _ = try await trial.engine.create(spec(app, used))
            let left = try await names(trial)
            #expect(left.count == 2)
            let again = try await trial.fixture.dockerEngine()
            #expect(try await again.instances().map(\.workspace) == [used])
            let taken = try #require(await again.takeAhead(for: app))
            #expect(taken != used && left.contains(ContainerLabels.name(taken)))
            #expect(await again.takeAhead(for: app) == nil)
        }
    }

    @Test("Those for a way out that no app has any more are removed, and all of them when the engine is taken down")
    func unwanted() async throws {
        try await NetworkTrial.with { trial in
            let closed = try app(trial, .none)
            await trial.engine.makeAhead(for: [try app(trial, .internet), closed])
            #expect(try await names(trial).count == 2 * NetworksAhead.count)
            await trial.engine.makeAhead(for: [closed])
            let left = try await trial.engine.networks.listed()
            #expect(left.count == NetworksAhead.count)
            #expect(left.allSatisfy { $0.labels?[EgressPolicies.label] == "none" })
            try await trial.engine.dismantle()
            #expect(try await names(trial).isEmpty)
            // For the fixture, which ends what is left.
            try await trial.engine.prepare()
        }
    }
}
