import CarrelCore
import CarrelIdentity
import HTTPTypes
import Testing

@testable import CarrelWeb

@Suite("Sign-in links")
struct SignInLinkTests {
    @Test("A link signs in once and leads to its path")
    func once() async throws {
        let house = try House()
        let secret = try await house.signIn.makeTicket(
            for: house.ada.id,
            path: "/open/jupyter",
            lifetime: .seconds(60),
            by: .commandLine
        )
        try await house.open { door async throws in
            #expect(try await door.ask(.head, "/sign-in/link/\(secret)").status == 405)
            let first = try await door.ask(.get, "/sign-in/link/\(secret)", headers: Door.tab)
            #expect(first.status == 303)
            #expect(first.location == "/open/jupyter")
            #expect(first.cookies.contains { $0.hasPrefix("carrel=c-s-") })
            let second = try await door.ask(.get, "/sign-in/link/\(secret)", headers: Door.tab)
            #expect(second.status == 401)
            #expect(second.text.contains("was used already"))
        }
    }

    @Test("A link's secret never reaches the log")
    func secretStaysOut() {
        #expect(RequestLog.safePath("/sign-in/link/secret") == "/sign-in/link/…")
        #expect(RequestLog.safePath("/w/ws-1/lab") == "/w/ws-1/lab")
    }
}
