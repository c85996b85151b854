import CarrelCore
import HTTPTypes
import Testing

@testable import CarrelWeb

/// Every URL, asked by everybody. A route that is added without a line here fails the test.
@Suite("Who may use which URL")
struct RoutesTests {
    struct Line: Sendable, CustomStringConvertible {
        let method: HTTPRequest.Method
        let pattern: String
        let uri: String
        let json: String?
        /// In the order of `Visitor.allCases`.
        let statuses: [Int]

        init(_ method: HTTPRequest.Method, _ pattern: String, json: String? = nil, gives statuses: String) {
            self.method = method
            self.pattern = pattern
            self.json = json
            self.statuses = statuses.split(separator: " ").compactMap { Int($0) }
            let values = [
                "{provider}": "here", "{ticket}": "no", "{name}": "none", "{app}/**": "jupyter", "/w/**": "/w/{id}/",
                "explain": "explain?workspace={id}",
            ]
            uri = values.reduce(pattern) { $0.replacing($1.key, with: $1.value) }
        }

        var description: String { "\(method.rawValue) \(uri)" }
    }

    private static let claim = #"{"app":"jupyter"}"#
    private static let poolStatus = #"{"command":"GET_STATUS","payload":{}}"#
    private static let claimForBen = #"{"app":"jupyter","user":"here:ben"}"#

    //                  nobody member other operator | tokens: workspaces, ada's, observe, operate, pool, embed
    static let users: [Line] = [
        Line(.get, "/sign-in", gives: "200 303 303 303 200 200 200 200 200 200"),
        Line(.get, "/sign-in/{provider}", gives: "200 303 303 303 200 200 200 200 200 200"),
        Line(.get, "/sign-in/link/{ticket}", gives: "401 401 401 401 401 401 401 401 401 401"),
        Line(.post, "/sign-in/{provider}", gives: "415 415 415 415 415 415 415 415 415 415"),
        Line(.get, "/sign-in/{provider}/callback", gives: "404 404 404 404 404 404 404 404 404 404"),
        Line(.post, "/sign-in/{provider}/signed-out", gives: "404 404 404 404 404 404 404 404 404 404"),
        Line(.post, "/sign-out", gives: "401 415 415 415 401 415 401 401 401 401"),
        Line(.get, "/", gives: "401 200 200 200 401 200 401 401 401 401"),
        Line(.post, "/workspaces/{id}/stop", gives: "401 415 415 415 401 415 401 401 401 401"),
        Line(.get, "/open/{app}/**", gives: "401 200 200 200 401 200 401 401 401 401"),
        Line(.post, "/open/{app}/**", gives: "401 415 415 415 401 415 401 401 401 401"),
        Line(.any, "/w/**", gives: "401 503 404 404 404 503 404 404 404 404"),
        Line(.get, "/enter", gives: "401 404 404 404 401 404 401 401 401 401"),
        Line(.get, "/assets/{name}", gives: "404 404 404 404 404 404 404 404 404 404"),
        Line(.get, "/api/v1/me", gives: "401 200 200 200 403 200 403 403 403 403"),
        Line(.get, "/api/v1/apps", gives: "401 200 200 200 403 200 403 403 403 403"),
        Line(.get, "/api/v1/services", gives: "401 200 200 200 403 200 403 403 403 403"),
        Line(.get, "/api/v1/workspaces", gives: "401 200 200 200 403 200 403 403 403 403"),
        Line(.post, "/api/v1/workspaces", json: claim, gives: "401 201 201 201 403 201 403 403 403 403"),
        Line(.get, "/api/v1/workspaces/{id}", gives: "401 200 404 404 403 200 403 403 403 403"),
        Line(.delete, "/api/v1/workspaces/{id}", gives: "401 202 404 404 403 202 403 403 403 403"),
        Line(.post, "/api/v1/workspaces/{id}/pause", gives: "401 200 404 404 403 200 403 403 403 403"),
        Line(.post, "/api/v1/workspaces/{id}/resume", gives: "401 200 404 404 403 200 403 403 403 403"),
        Line(.get, "/api/v1/workspaces/{id}/logs", gives: "401 200 404 404 403 200 403 403 403 403"),
        Line(.get, "/api/v1/workspaces/{id}/events", gives: "401 200 404 404 403 200 403 403 403 403"),
    ]

    static let operators: [Line] = [
        Line(.get, "/sign-in", gives: "200 200 200 303 200 200 200 200 200 200"),
        Line(.get, "/sign-in/{provider}", gives: "200 200 200 303 200 200 200 200 200 200"),
        Line(.get, "/sign-in/link/{ticket}", gives: "401 401 401 401 401 401 401 401 401 401"),
        Line(.post, "/sign-in/{provider}", gives: "415 415 415 415 415 415 415 415 415 415"),
        Line(.get, "/sign-in/{provider}/callback", gives: "404 404 404 404 404 404 404 404 404 404"),
        Line(.post, "/sign-in/{provider}/signed-out", gives: "404 404 404 404 404 404 404 404 404 404"),
        Line(.post, "/sign-out", gives: "401 403 403 415 401 403 401 401 401 401"),
        Line(.get, "/", gives: "401 403 403 200 401 403 401 401 401 401"),
        Line(.post, "/workspaces/{id}/stop", gives: "401 403 403 415 401 403 401 401 401 401"),
        Line(.get, "/assets/{name}", gives: "404 404 404 404 404 404 404 404 404 404"),
        Line(.get, "/api/v1/me", gives: "401 403 403 200 200 200 200 200 403 403"),
        Line(.get, "/api/v1/apps", gives: "401 403 403 200 200 200 200 200 403 403"),
        Line(.get, "/api/v1/services", gives: "401 403 403 200 200 200 200 200 403 403"),
        Line(.get, "/api/v1/workspaces", gives: "401 403 403 200 200 200 200 200 403 403"),
        Line(.post, "/api/v1/workspaces", json: claimForBen, gives: "401 403 403 201 201 404 403 201 403 403"),
        Line(.get, "/api/v1/workspaces/{id}", gives: "401 403 403 200 200 200 200 200 403 403"),
        Line(.delete, "/api/v1/workspaces/{id}", gives: "401 403 403 202 202 202 403 202 403 403"),
        Line(.post, "/api/v1/workspaces/{id}/pause", gives: "401 403 403 200 200 200 403 200 403 403"),
        Line(.post, "/api/v1/workspaces/{id}/resume", gives: "401 403 403 200 200 200 403 200 403 403"),
        Line(.get, "/api/v1/workspaces/{id}/logs", gives: "401 403 403 200 200 200 403 200 403 403"),
        Line(.get, "/api/v1/workspaces/{id}/events", gives: "401 403 403 200 200 200 200 200 403 403"),
        Line(.get, "/api/v1/pools", gives: "401 403 403 200 403 403 200 200 403 403"),
        Line(.get, "/api/v1/users", gives: "401 403 403 200 403 403 200 200 403 403"),
        Line(.get, "/api/v1/usage", gives: "401 403 403 200 403 403 200 200 403 403"),
        Line(.get, "/api/v1/audit", gives: "401 403 403 200 403 403 200 200 403 403"),
        Line(.get, "/api/v1/engines", gives: "401 403 403 200 403 403 200 200 403 403"),
        Line(.get, "/api/v1/explain", gives: "401 403 403 200 403 403 200 200 403 403"),
        Line(.post, "/api/v1/reload", gives: "401 403 403 200 403 403 403 200 403 403"),
        Line(.get, "/metrics", gives: "401 403 403 200 403 403 200 200 403 403"),
        Line(.get, "/healthz", gives: "200 200 200 200 200 200 200 200 200 200"),
        Line(.get, "/readyz", gives: "200 200 200 200 200 200 200 200 200 200"),
        Line(.post, "/pool", json: poolStatus, gives: "401 403 403 403 403 403 403 200 200 403"),
    ]

    @Test("The users' listener answers everybody as the table says", arguments: users)
    func usersListener(_ line: Line) async throws { try await check(line, on: .users) }

    @Test("The operators' listener answers everybody as the table says", arguments: operators)
    func operatorsListener(_ line: Line) async throws { try await check(line, on: .operators) }

    private func check(_ line: Line, on listener: HubListener) async throws {
        for (visitor, expected) in zip(Visitor.allCases, line.statuses) {
            var house = try House()
            house.settings.poolService = .init(defaultApp: try #require(AppID("jupyter")), provider: "school")
            let mine = try house.workspaces.add("jupyter", owner: house.ada.id, name: "mine")
            let uri = line.uri.replacing("{id}", with: mine.id.description)
            let method: HTTPRequest.Method = line.method == .any ? .get : line.method
            let status = try await house.open(listener) { door async throws in
                try await door.ask(method, uri, as: visitor, json: line.json).status
            }
            #expect(status == expected, "\(visitor) asks \(line) on \(listener)")
        }
    }

    @Test("The tables above name every route, and only those")
    func complete() {
        func names(_ listener: HubListener) -> Set<String> {
            Set(Routes.of(listener).map { "\($0.method.rawValue) \($0.pattern)" })
        }
        #expect(names(.users) == Set(Self.users.map { "\($0.method.rawValue) \($0.pattern)" }))
        #expect(names(.operators) == Set(Self.operators.map { "\($0.method.rawValue) \($0.pattern)" }))
    }

    @Test("The users' listener answers 404 to every operators' URL, also to an operator")
    func operatorsThingsAreElsewhere() async throws {
        let house = try House()
        let known = Set(Self.users.map(\.uri))
        try await house.open { door async throws in
            for line in Self.operators where !known.contains(line.uri) {
                let answer = try await door.ask(line.method, line.uri, as: .operator, json: line.json)
                #expect(answer.status == 404, "\(line)")
                #expect(answer.field("code") == "not-found", "\(line)")
            }
        }
    }

    @Test("Whoever reaches the control socket may use the whole API without a token")
    func control() async throws {
        let house = try House()
        let mine = try house.workspaces.add("jupyter", owner: house.ada.id, name: "mine")
        try await house.open(.control) { door async throws in
            for line in Self.operators where line.uri.hasPrefix("/api/") {
                let uri = line.uri.replacing("{id}", with: mine.id.description)
                let answer = try await door.ask(line.method, uri, json: line.json)
                // Resuming after the stop further up is refused by the workspace, not by us.
                #expect([200, 201, 202, 500].contains(answer.status), "\(line)")
                #expect(answer.status != 500 || uri.hasSuffix("pause") || uri.hasSuffix("resume"), "\(line)")
            }
            #expect(try await door.ask(.get, "/sign-in").status == 404)
            #expect(try await door.ask(.post, "/pool", json: "{}").status == 404)
        }
    }
}
