import CarrelCore
import CarrelIdentity
import CarrelTesting
import CarrelWorkspaces
import HTTPTypes
import Logging
import Testing

@testable import CarrelWeb

@Suite("Coming to a service")
struct ServiceEntryTests {
    /// Shows one service for everybody and one for ben alone.
    private struct Listing: ExposedListing {
        let ben: User

        func exposed() async throws -> (services: [ExposedService], findings: [EngineFinding]) {
            func service(_ name: String, _ access: AccessRule?) -> ExposedService {
                ExposedService(
                    name: name,
                    title: name.uppercased(),
                    endpoint: .tcp(host: "10.0.0.2", port: 1),
                    access: access,
                    prefix: .strip
                )
            }
            return (
                [service("all", nil), service("bens", AccessRule(users: [ben.id.description]))],
                [EngineFinding(.warning, "A container says nothing of who may open it.")]
            )
        }

        func exposedChanges() -> AsyncStream<Void> { AsyncStream { $0.finish() } }
    }

    private func house() async throws -> House {
        var house = try House()
        house.settings.sites = WorkspaceSites(.subdomain, domain: "desk.test", hubOrigin: "https://work.example.org")
        house.settings.workspaceCookie = "inside"
        let signIn = house.signIn
        let exposed = ExposedServices(
            [(try #require(EngineName("here")), Listing(ben: house.ben))],
            routes: RecordingRoutes(),
            deployment: house.settings.deployment,
            questions: .init(
                users: { signIn.everybody },
                admits: { Permissions.admits($0, isOperator: $0.isOperator, to: $1) }
            ),
            clock: house.clock,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        await exposed.look()
        house.exposed = exposed
        return house
    }

    private static func enter(_ name: String) -> String {
        "/enter?service=\(name)&browser=\(BrowserMark.digest(of: "x"))&to=/d"
    }

    @Test("Who may enter is sent there with a ticket; whoever may not hears what is said of one that is not there")
    func permission() async throws {
        let house = try await house()
        try await house.open { door async throws in
            for (name, user, isIn) in [
                ("all", house.ada, true), ("bens", house.ben, true), ("bens", house.ada, false),
                ("bens", house.olga, true),
                ("none", house.ben, false),
            ] {
                let answer = try await door.ask(.get, Self.enter(name), as: user, headers: Door.tab)
                #expect(answer.status == (isIn ? 303 : 404), "\(name) \(user.name)")
                if isIn {
                    let place = try #require(answer.location)
                    #expect(place.hasPrefix("https://\(name).desk.test/.carrel/enter?ticket="))
                }
            }
            let absent = try await door.ask(.get, Self.enter("none"), as: house.ada, headers: Door.tab)
            let hidden = try await door.ask(.get, Self.enter("bens"), as: house.ada, headers: Door.tab)
            #expect(absent.status == hidden.status)
            for bad in ["UPPER", "a.b", "", "..", String(repeating: "a", count: 41)] {
                #expect(
                    try await door.ask(.get, Self.enter(bad), as: house.ada, headers: Door.tab).status == 400,
                    "\(bad)"
                )
            }
        }
    }

    @Test("At its name nobody without its cookie gets further than to the hub, whether it is there or not")
    func door() async throws {
        let house = try await house()
        try await house.open { door async throws in
            for name in ["all", "bens", "none"] {
                var headers = Door.tab
                headers[.service] = name
                let page = try await door.ask(.get, "/d?x", headers: headers)
                let place = try #require(page.location)
                #expect(place.hasPrefix("https://work.example.org/enter?service=\(name)&browser="))
                #expect(place.hasSuffix("&to=/d%3Fx"))
                #expect(try await door.ask(.get, "/api", headers: [.service: name]).status == 401)
            }
        }
    }

    @Test("The portal and the API show those that one may enter, and none under path")
    func shown() async throws {
        let house = try await house()
        try await house.open { door async throws in
            let adas = try await door.ask(.get, "/", as: house.ada, headers: Door.tab).text
            #expect(adas.contains("href=\"https://all.desk.test/\"") && !adas.contains("bens.desk.test"))
            let bens = try await door.ask(.get, "/api/v1/services", as: house.ben).text
            #expect(bens.contains(#""title":"BENS","url":"https://bens.desk.test/""#))
        }
        var path = house
        path.settings.sites = .onHub
        try await path.open { door async throws in
            #expect(try await door.ask(.get, "/api/v1/services", as: house.ben).text == "[]")
        }
    }

    @Test("Operators read what is wrong with one")
    func findings() async throws {
        let house = try await house()
        try await house.open(.operators) { door async throws in
            let engines = try await door.ask(.get, "/api/v1/engines", as: house.olga).text
            #expect(engines.contains("A container says nothing of who may open it."))
            #expect(
                try await door.ask(.get, "/", as: house.olga, headers: Door.tab).text.contains("says nothing of who")
            )
        }
    }
}
