import CarrelCore
import HTTPTypes
import Testing

@testable import CarrelWeb

@Suite("Errors")
struct ErrorPageTests {
    struct Secret: Error {}

    @Test("An unforeseen error is a safe sentence with the gateway's request id, and never its own text")
    func unforeseen() async throws {
        let house = try House()
        house.workspaces.fail(with: Secret())
        try await house.open { door async throws in
            var headers = Door.tab
            headers[.requestID] = "r-12345"
            let page = try await door.ask(.get, "/open/jupyter", as: house.ada, headers: headers)
            #expect(page.status == 500)
            #expect(page.text.contains("<code>r-12345</code>"))
            #expect(page.header("X-Carrel-Request-Id") == "r-12345")
            #expect(!page.text.contains("Secret"))
            let problem = try await door.ask(.post, "/api/v1/workspaces", as: house.ada, json: #"{"app":"jupyter"}"#)
            #expect(problem.status == 500)
            #expect(problem.field("code") == "internal")
            #expect(!problem.text.contains("Secret"))
        }
    }

    @Test("What an operator needs to know stays out of what a member reads")
    func detail() async throws {
        let house = try House()
        house.workspaces.fail(with: CarrelError(.engineFailed, "It can't start now.", detail: "/var/lib/secret"))
        try await house.open { door async throws in
            let answer = try await door.ask(.post, "/api/v1/workspaces", as: house.ada, json: #"{"app":"jupyter"}"#)
            #expect(answer.status == 503)
            #expect(answer.field("detail") == "It can't start now.")
            #expect(!answer.text.contains("secret"))
        }
    }

    @Test("A problem document has all of its fields")
    func problem() async throws {
        try await House().open { door async throws in
            let answer = try await door.ask(.get, "/api/v1/me", headers: Door.fields(["X-Carrel-Request-Id": "abc"]))
            #expect(answer.status == 401)
            #expect(answer.header("Content-Type") == "application/problem+json")
            #expect(answer.header("WWW-Authenticate") == "Bearer")
            #expect(
                answer.text
                    == #"{"code":"unauthenticated","detail":"Sign in first, or send a valid token.","requestId":"abc","#
                    + #""status":401,"title":"Unauthorized","type":"urn:carrel:problem:unauthenticated"}"#
            )
        }
    }

    @Test(
        "A request id that is too long or has odd characters is replaced",
        arguments: [
            "", "a b", "<x>", String(repeating: "a", count: 65),
        ]
    )
    func oddRequestID(_ sent: String) async throws {
        try await House().open { door async throws in
            let answer = try await door.ask(.get, "/sign-in", headers: Door.fields(["X-Carrel-Request-Id": sent]))
            let id = try #require(answer.header("X-Carrel-Request-Id"))
            #expect(id != sent)
            #expect(id.utf8.count == 16)
        }
    }

    @Test("A method that an address does not take is 405 and says which it takes")
    func otherMethod() async throws {
        let house = try House()
        try await house.open { door async throws in
            let answer = try await door.ask(.put, "/api/v1/workspaces", as: house.ada, json: "{}")
            #expect(answer.status == 405)
            #expect(answer.header("Allow") == "GET, HEAD, POST")
            #expect(answer.field("code") == "method-not-allowed")
        }
    }

    @Test("An address that is too long is 414")
    func tooLong() async throws {
        try await House().open { door async throws in
            #expect(try await door.ask(.get, "/" + String(repeating: "a", count: 20_000)).status == 414)
        }
    }
}
