import CarrelCore
import CarrelTesting
import Foundation
import Logging
import Testing

@testable import EngineDocker

@Suite(
    "Images of a real registry",
    .enabled(if: RegistryFixture.isThere, "needs a Docker engine and Debian's docker-registry")
)
struct RegistryTests {
    private func sentence(_ body: () async throws -> Void) async -> CarrelError? {
        do { try await body() } catch { return error as? CarrelError }
        return nil
    }

    @Test("An image is fetched with the configured credentials, and the container says which it was made of")
    func signsIn() async throws {
        try await RegistryFixture.with { fixture in
            let name = "\(fixture.registry)/team/app:1"
            let id = try await fixture.publish(name)
            let engine = try await fixture.engine { $0.registries = fixture.credentials }
            let app = try fixture.app(name)
            #expect(await !engine.isPrepared(app))
            let spec = fixture.spec(app)
            try await engine.prepare(app, for: spec.workspace)
            #expect(await engine.isPrepared(app))
            _ = try await engine.create(spec)
            let details: ContainerDetails = try await fixture.client.get("/containers/carrel-\(spec.workspace)/json")
            #expect(details.config.labels?["org.carrel.image"]?.hasPrefix("sha256:") == true)
            #expect(details.config.labels?["org.carrel.image"] != id, "the registry's digest, not the image's id")
            #expect(details.config.labels?["org.carrel.image.name"] == name)
            #expect(fixture.log.lines.contains { $0.contains("fetching the image \(name) with credentials from") })
            #expect(!fixture.log.lines.joined().contains(RegistryFixture.password))
        }
    }

    @Test("A start fetches the image by itself if nobody did before")
    func createFetches() async throws {
        try await RegistryFixture.with { fixture in
            let name = "\(fixture.registry)/team/app:1"
            try await fixture.publish(name)
            let engine = try await fixture.engine { $0.registries = fixture.credentials }
            let instance = try await engine.create(fixture.spec(fixture.app(name)))
            #expect(instance.state == .running)
        }
    }

    @Test("A refused sign-in, a missing image, an unreachable registry and an impossible name each end in a sentence")
    func refusals() async throws {
        try await RegistryFixture.with { fixture in
            let name = "\(fixture.registry)/team/app:1"
            try await fixture.publish(name)
            let refused = "The app's image can't be fetched: its registry refused the sign-in."
            let stranger = try await fixture.engine()
            let anonymous = await sentence { _ = try await stranger.create(fixture.spec(fixture.app(name))) }
            #expect(anonymous?.message == refused)
            #expect(anonymous?.detail?.contains("without credentials") == true)
            let wrong = RegistryLogin(username: RegistryFixture.username, password: Secret("falsch-17"))
            let liar = try await fixture.engine { $0.registries = [fixture.registry: wrong] }
            let lied = await sentence { _ = try await liar.create(fixture.spec(fixture.app(name))) }
            #expect(lied?.message == refused)
            #expect(lied?.description.contains("falsch-17") == false)
            let engine = try await fixture.engine { $0.registries = fixture.credentials }
            let missing = await sentence {
                _ = try await engine.create(fixture.spec(fixture.app("\(fixture.registry)/team/app:2")))
            }
            #expect(missing?.message == "The app's image does not exist.")
            #expect(missing?.code == .appFailed)
            let nowhere = "127.0.0.1:\(try RegistryFixture.freePort())/team/app:1"
            let far = await sentence { _ = try await engine.create(fixture.spec(fixture.app(nowhere))) }
            #expect(far?.message == "The app's image can't be fetched: its registry can't be reached.")
            let odd = await sentence { _ = try await engine.create(fixture.spec(fixture.app("UPPER/case:1"))) }
            #expect(odd?.message == "The app's image has a name that can't be right.")
            for error in [anonymous, lied, missing, far, odd] {
                #expect(error?.message.contains("127.0.0.1") == false, "a member need not know the registry")
            }
            #expect(try await engine.instances() == [], "nothing is left behind")
            #expect(!fixture.log.lines.joined().contains("falsch-17"))
        }
    }

    @Test("A credential helper is asked anew for every fetch: a token that ended does not matter")
    func helper() async throws {
        try await RegistryFixture.with { fixture in
            let name = "\(fixture.registry)/team/app:1"
            try await fixture.publish(name)
            let script = """
                #!/bin/sh
                read server
                echo x >>'\(fixture.docker.root)/asked'
                word=$(cat '\(fixture.docker.root)/word')
                echo '{"Username":"\(RegistryFixture.username)","Secret":"'"$word"'"}'
                """
            let program = fixture.docker.root + "/docker-credential-test"
            try Data(script.utf8).write(to: URL(fileURLWithPath: program))
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
            var settings = DockerEngineSettings(slots: fixture.docker.root, initProgram: "")
            settings.dockerConfig = fixture.docker.root + "/helpers.json"
            try Data(#"{"credHelpers":{"\#(fixture.registry)":"test"}}"#.utf8)
                .write(to: URL(fileURLWithPath: fixture.docker.root + "/helpers.json"))
            var access = RegistryAccess(settings)
            access.helperDirectories = [fixture.docker.root]
            let log = fixture.log
            let pulls = ImagePulls(client: fixture.client, access: access, logger: .init(label: "test") { _ in log })
            let word = URL(fileURLWithPath: fixture.docker.root + "/word")
            try Data("ended".utf8).write(to: word)
            let ended = await sentence { try await pulls.pull(ImageName(name), for: nil) }
            #expect(ended?.message == "The app's image can't be fetched: its registry refused the sign-in.")
            #expect(ended?.detail?.contains("with credentials from docker-credential-test") == true)
            try Data(RegistryFixture.password.utf8).write(to: word)
            try await pulls.pull(ImageName(name), for: nil)
            #expect(try String(contentsOfFile: fixture.docker.root + "/asked", encoding: .utf8) == "x\nx\n")
        }
    }

    @Test("Many that wait for one image share one fetch, and each is told how far it is and when it is over")
    func shared() async throws {
        try await RegistryFixture.with { fixture in
            let name = "\(fixture.registry)/team/app:1"
            try await fixture.publish(name)
            let engine = try await fixture.engine { $0.registries = fixture.credentials }
            let app = try fixture.app(name)
            let waiting = (0..<8).map { _ in WorkspaceID.random() }
            let told = engine.preparations()
            try await withThrowingTaskGroup { group in
                for id in waiting { group.addTask { try await engine.prepare(app, for: id) } }
                try await group.waitForAll()
            }
            #expect(fixture.log.lines.filter { $0.contains("fetching the image") }.count == 1)
            var over: Set<WorkspaceID> = []
            var begun: Set<WorkspaceID> = []
            for await step in told {
                if step.message == nil { over.insert(step.workspace) } else { begun.insert(step.workspace) }
                if over.count == waiting.count { break }
            }
            #expect(over == Set(waiting))
            #expect(begun == over)
        }
    }

    @Test("A fetch that fails fails for all that wait, and the next one tries again")
    func sharedFailure() async throws {
        try await RegistryFixture.with { fixture in
            let name = "\(fixture.registry)/team/app:1"
            let engine = try await fixture.engine { $0.registries = fixture.credentials }
            let app = try fixture.app(name)
            let failed = await withTaskGroup { group in
                for _ in 0..<4 {
                    group.addTask { await sentence { try await engine.prepare(app, for: .random()) }?.message }
                }
                return await group.reduce(into: [String?]()) { $0.append($1) }
            }
            #expect(failed == Array(repeating: "The app's image does not exist.", count: 4))
            try await fixture.publish(name)
            try await engine.prepare(app, for: .random())
        }
    }

    @Test("A tag that moved at the registry is noticed when it is time, the new image fetched, and the old ones told")
    func movedTag() async throws {
        try await RegistryFixture.with { fixture in
            let name = "\(fixture.registry)/team/app:1"
            try await fixture.publish(name)
            let engine = try await fixture.engine {
                $0.registries = fixture.credentials
                $0.imageCheck = .seconds(600)
            }
            let app = try fixture.app(name)
            _ = try await engine.create(fixture.spec(app))
            let start = Timestamp(milliseconds: 1_767_603_600_000)
            await engine.refreshImages(of: [app], now: start)
            #expect(try await engine.instances().map(\.isOutdated) == [false])
            let here: ImageDetails = try await fixture.client.get("/images/\(name)/json")
            try await fixture.publishBeside(name)
            await engine.refreshImages(of: [app], now: start + .seconds(599))
            #expect(try await engine.instances().map(\.isOutdated) == [false], "it is not time yet")
            await engine.refreshImages(of: [app], now: start + .seconds(600))
            #expect(try await engine.instances().map(\.isOutdated) == [true])
            let now: ImageDetails = try await fixture.client.get("/images/\(name)/json")
            #expect(now.id != here.id)
            let fresh = try await engine.create(fixture.spec(app))
            #expect(!fresh.isOutdated)
            #expect(try await engine.instances().filter(\.isOutdated).count == 1)
        }
    }

    @Test("Images named by digest are never looked for, and none is where that is switched off")
    func neverLooked() async throws {
        try await RegistryFixture.with { fixture in
            let name = "\(fixture.registry)/team/app:1"
            try await fixture.publish(name)
            let engine = try await fixture.engine {
                $0.registries = fixture.credentials
                $0.imageCheck = nil
            }
            let app = try fixture.app(name)
            _ = try await engine.create(fixture.spec(app))
            let details: ImageDetails = try await fixture.client.get("/images/\(name)/json")
            let digest = try #require(details.digests?.first { $0.hasPrefix(fixture.registry) })
            try await fixture.publishBeside(name)
            await engine.refreshImages(of: [app], now: Timestamp(milliseconds: 0))
            #expect(try await engine.instances().map(\.isOutdated) == [false])
            let other = try await fixture.engine { $0.registries = fixture.credentials }
            try await other.refreshImages(of: [fixture.app(digest)], now: Timestamp(milliseconds: 0))
            #expect(await other.looks.isEmpty)
        }
    }

    @Test("A tag that a build on the machine moved is noticed at the next listing")
    func movedHere() async throws {
        try await RegistryFixture.with { fixture in
            let name = "\(fixture.registry)/team/built:1"
            try await fixture.make(name)
            let engine = try await fixture.engine { $0.imageCheck = nil }
            _ = try await engine.create(fixture.spec(fixture.app(name)))
            #expect(try await engine.instances().map(\.isOutdated) == [false])
            try await fixture.make(name)
            #expect(try await engine.instances().map(\.isOutdated) == [true])
        }
    }

    @Test("A registry that can't be asked is logged once, not every time, and nothing is replaced")
    func trouble() async throws {
        try await RegistryFixture.with { fixture in
            let name = "\(fixture.registry)/team/app:1"
            try await fixture.publish(name)
            let engine = try await fixture.engine { $0.registries = fixture.credentials }
            let app = try fixture.app(name)
            _ = try await engine.create(fixture.spec(app))
            let stranger = try await fixture.engine()
            for minute in 0..<3 {
                await stranger.refreshImages(of: [app], now: Timestamp(milliseconds: Int64(minute) * 3_600_000))
            }
            let said = fixture.log.lines.filter { $0.contains("whether there is a newer image \(name) can't be told") }
            #expect(said.count == 1)
            #expect(said.first?.contains("its registry refused the sign-in") == true)
            #expect(try await engine.instances().map(\.isOutdated) == [false])
        }
    }
}
