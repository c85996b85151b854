import CarrelCore
import CarrelTesting
import Testing

@testable import CarrelIdentity

@Suite("Signing in")
struct SignInTests {
    @Test("A member with the right password gets a session whose cookie proves who they are")
    func signsIn() async throws {
        let it = try await SignInFixture()
        let ada = try await it.account("ada")
        let signedIn = try await it.enter("ada")
        let principal = try #require(it.signIn.authorize(.cookie(signedIn.cookie)))
        #expect(principal.user == ada.id)
        #expect(principal.credential == .session(signedIn.session.id))
        #expect(principal.expiresAt == it.clock.now() + .seconds(12 * 3600))
        #expect(try await it.store.session(signedIn.session.id)?.provider == "here")
    }

    @Test(
        "Wrong password, unknown account, unknown provider, impossible names and passwords: one and the same sentence"
    )
    func refuses() async throws {
        let it = try await SignInFixture()
        try await it.account("ada")
        let tries: [(String, String, String)] = [
            ("here", "ada", "wrong password"), ("here", "bob", "correct horse"), ("nowhere", "ada", "correct horse"),
            ("company", "ada", "correct horse"), ("here", "", "correct horse"), ("here", "ada", ""),
            ("here", String(repeating: "a", count: 9000), "correct horse"),
            ("here", "ada", String(repeating: "x", count: 9000)), ("here", "ada\u{0}", "correct horse"),
        ]
        var sentences: Set<String> = []
        for (provider, name, password) in tries {
            let error = try await it.refusal {
                _ = try await it.signIn.signIn(provider: provider, name: name, password: password, client: "192.0.2.1")
            }
            #expect(error.code == .unauthenticated)
            sentences.insert(error.message)
        }
        #expect(sentences.count == 1)
    }

    @Test("Whatever is wrong, a password is hashed before the answer, so that time tells nothing")
    func sameWork() async throws {
        let it = try await SignInFixture()
        try await it.account("ada")
        let line = it.signIn.hasher.line
        for _ in 0..<line.places { try await line.enter() }
        let tries = [
            ("here", "ada", "wrong password"), ("here", "nobody", "correct horse"), ("nowhere", "ada", "correct horse"),
            ("here", "no name", "correct horse"), ("here", "ada", ""),
            ("here", "ada", String(repeating: "x", count: 5000)),
        ]
        await withTaskGroup(of: CarrelError.Code?.self) { group in
            for (provider, name, password) in tries {
                group.addTask { [signIn = it.signIn] in
                    do {
                        _ = try await signIn.signIn(provider: provider, name: name, password: password, client: "c")
                        return nil
                    } catch { return (error as? CarrelError)?.code }
                }
            }
            while line.waiting < tries.count { await Task.yield() }
            for _ in 0..<line.places { line.leave() }
            for await code in group { #expect(code == .unauthenticated) }
        }
    }

    @Test("Capital letters and spaces around a typed name are forgiven")
    func forgivesCase() async throws {
        let it = try await SignInFixture()
        let ada = try await it.account("ada")
        #expect(try await it.enter("  Ada ").user.id == ada.id)
    }

    @Test("The same password typed as other code points is the same password")
    func normalizes() async throws {
        let it = try await SignInFixture()
        _ = try await it.signIn.addAccount(
            provider: "here",
            name: "zoe",
            password: "Zoe\u{308} rides",
            by: .commandLine
        )
        #expect(try await it.enter("zoe", "Zo\u{EB} rides").user.name == "zoe")
    }

    @Test("A disabled member neither signs in nor stays in, and old sessions don't come back when enabled again")
    func disabled() async throws {
        let it = try await SignInFixture()
        let ada = try await it.account("ada")
        let cookie = try await it.enter("ada").cookie
        _ = try await it.signIn.changeMember(ada.id, isDisabled: true, by: .commandLine)
        #expect(it.signIn.authorize(.cookie(cookie)) == nil)
        #expect(try await it.refusal { _ = try await it.enter("ada") }.code == .unauthenticated)
        _ = try await it.signIn.changeMember(ada.id, isDisabled: false, by: .commandLine)
        #expect(it.signIn.authorize(.cookie(cookie)) == nil)
        let again = try await it.enter("ada").cookie
        #expect(it.signIn.authorize(.cookie(again)) != nil)
    }

    @Test("After too many failures an account must wait, for a while that grows and is told, and never for ever")
    func slowsDown() async throws {
        let it = try await SignInFixture()
        try await it.account("ada")
        for _ in 0..<FailureLimiter.Policy.account.free {
            #expect(try await it.refusal { _ = try await it.enter("ada", "wrong") }.code == .unauthenticated)
        }
        let error = try await it.refusal { _ = try await it.enter("ada") }
        #expect(error.code == .tooManyRequests)
        #expect(error.message == "Too many attempts. Try again in 1 s.")
        it.clock.advance(by: .seconds(1))
        _ = try await it.refusal { _ = try await it.enter("ada", "wrong") }
        #expect(try await it.refusal { _ = try await it.enter("ada") }.message.contains("2 s"))
        it.clock.advance(by: .seconds(2))
        _ = try await it.enter("ada")
        // Success has cleared the account: a typing error costs no wait.
        #expect(try await it.refusal { _ = try await it.enter("ada", "wrong") }.code == .unauthenticated)
        _ = try await it.enter("ada")
    }

    @Test("A store that fails is not a wrong password, and counts against nobody")
    func storeFails() async throws {
        let it = try await SignInFixture()
        try await it.account("ada")
        it.store.fail(with: CarrelError(.storeFailed, "The database can't be read."))
        for _ in 0..<50 { #expect(try await it.refusal { _ = try await it.enter("ada") }.code == .storeFailed) }
        it.store.fail(with: nil)
        _ = try await it.enter("ada")
    }

    @Test("An old hash is brought to today's cost at the next sign-in, and still fits the password")
    func renewsHash() async throws {
        let it = try await SignInFixture(cost: ScryptCost(logRounds: 5))
        try await it.account("ada")
        let old = try PasswordHash(
            password: Array("correct horse".utf8),
            salt: [1, 2, 3, 4, 5, 6, 7, 8],
            cost: ScryptCost(logRounds: 4)
        )
        try await it.store.setPasswordHash("\(old)", provider: "here", name: "ada", by: .hub, at: it.clock.now())
        _ = try await it.enter("ada")
        let new = try #require(try await it.store.passwordHash(provider: "here", name: "ada"))
        #expect(PasswordHash(new)?.cost == ScryptCost(logRounds: 5))
        _ = try await it.enter("ada")
        #expect(try await it.store.passwordHash(provider: "here", name: "ada") == new)
    }

    @Test("Another password ends every session of the member")
    func passwordChange() async throws {
        let it = try await SignInFixture()
        try await it.account("ada")
        try await it.account("bob")
        let ada = try await it.enter("ada").cookie
        let bob = try await it.enter("bob").cookie
        try await it.signIn.setPassword("battery staple", provider: "here", name: "ada", by: .commandLine)
        #expect(it.signIn.authorize(.cookie(ada)) == nil)
        #expect(it.signIn.authorize(.cookie(bob)) != nil)
        #expect(try await it.refusal { _ = try await it.enter("ada") }.code == .unauthenticated)
        _ = try await it.enter("ada", "battery staple")
    }

    @Test("An account is refused with a sentence for a bad name, a bad password, a foreign provider or a taken name")
    func refusesAccounts() async throws {
        let it = try await SignInFixture()
        try await it.account("ada")
        func code(_ provider: String, _ name: String, _ password: String) async throws -> CarrelError.Code {
            try await it.refusal {
                _ = try await it.signIn.addAccount(provider: provider, name: name, password: password, by: .commandLine)
            }.code
        }
        #expect(try await code("here", "company:ada", "correct horse") == .invalid)
        #expect(try await code("here", "bob", "short") == .invalid)
        #expect(try await code("here", "bobbobbob", "bobbobbob") == .invalid)
        #expect(try await code("company", "bob", "correct horse") == .notFound)
        #expect(try await code("here", "ada", "correct horse") == .conflict)
    }
}
