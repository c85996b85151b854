import CarrelCore
import CarrelTesting
import Testing

@testable import CarrelIdentity

@Suite("Links that sign in once")
struct TicketTests {
    @Test("A link signs in once and leads where it was made for")
    func once() async throws {
        let it = try await SignInFixture()
        let ada = try await it.account("ada")
        let secret = try await it.signIn.makeTicket(
            for: ada.id,
            path: "/open/jupyter",
            lifetime: .seconds(60),
            by: .commandLine
        )
        #expect(secret.utf8.count == 43)
        let (signedIn, path) = try await it.signIn.signIn(ticket: secret)
        #expect(path == "/open/jupyter")
        #expect(it.signIn.authorize(.cookie(signedIn.cookie))?.user == ada.id)
        #expect(try await it.refusal { _ = try await it.signIn.signIn(ticket: secret) }.code == .unauthenticated)
    }

    @Test("Many who follow one link at once: one gets in")
    func race() async throws {
        let it = try await SignInFixture()
        let ada = try await it.account("ada")
        let signIn = it.signIn
        let secret = try await signIn.makeTicket(for: ada.id, path: "/", lifetime: .seconds(60), by: .commandLine)
        let entered = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 { group.addTask { (try? await signIn.signIn(ticket: secret)) != nil } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(entered == 1)
    }

    @Test("Expired, invented and a disabled member's links don't")
    func refuses() async throws {
        let it = try await SignInFixture()
        let ada = try await it.account("ada")
        let late = try await it.signIn.makeTicket(for: ada.id, path: "/", lifetime: .seconds(60), by: .commandLine)
        it.clock.advance(by: .seconds(60))
        let disabled = try await it.signIn.makeTicket(for: ada.id, path: "/", lifetime: .seconds(60), by: .commandLine)
        _ = try await it.signIn.changeMember(ada.id, isDisabled: true, by: .commandLine)
        for secret in [late, disabled, "", "x", String(repeating: "A", count: 43)] {
            #expect(try await it.refusal { _ = try await it.signIn.signIn(ticket: secret) }.code == .unauthenticated)
        }
    }

    @Test("A link that leads elsewhere, lives too long or names nobody isn't made")
    func bounds() async throws {
        let it = try await SignInFixture()
        let ada = try await it.account("ada")
        func code(_ user: UserID, _ path: String, _ lifetime: Duration) async throws -> CarrelError.Code {
            try await it.refusal {
                _ = try await it.signIn.makeTicket(for: user, path: path, lifetime: lifetime, by: .commandLine)
            }.code
        }
        #expect(try await code(ada.id, "//evil.example", .seconds(60)) == .invalid)
        #expect(try await code(ada.id, "/", .zero) == .invalid)
        #expect(try await code(ada.id, "/", .seconds(8 * 86_400)) == .invalid)
        #expect(try await code(try #require(UserID("u-zzzzzzzzzzzzzzzz")), "/", .seconds(60)) == .notFound)
    }
}
