import CarrelCore
import CarrelTesting
import Synchronization
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

@Suite("Sessions and revocation")
struct RevocationTests {
    @Test("Before the store was read once nobody is let in, since it isn't known who was signed out")
    func closedUntilLoaded() async throws {
        let it = try await SignInFixture()
        try await it.account("ada")
        let cookie = try await it.enter("ada").cookie
        let fresh = SignIn(
            store: it.store,
            rules: it.signIn.rules,
            keys: it.signIn.keys,
            deployment: "main",
            listener: "users",
            clock: it.clock,
            logger: it.signIn.logger
        )
        #expect(fresh.authorize(.cookie(cookie)) == nil)
        try await fresh.refresh()
        #expect(fresh.authorize(.cookie(cookie)) != nil)
    }

    @Test("Signing out counts at once, for that session only, and clears caches")
    func signOut() async throws {
        let it = try await SignInFixture()
        try await it.account("ada")
        let laptop = try await it.enter("ada")
        let phone = try await it.enter("ada")
        let calls = Mutex(0)
        it.signIn.onChange { calls.withLock { $0 += 1 } }
        try await it.signIn.signOut(laptop.session.id, by: .user(laptop.user.id))
        #expect(it.signIn.authorize(.cookie(laptop.cookie)) == nil)
        #expect(it.signIn.authorize(.cookie(phone.cookie)) != nil)
        #expect(calls.withLock { $0 } == 1)
        try await it.signIn.refresh()
        #expect(it.signIn.authorize(.cookie(laptop.cookie)) == nil)
        #expect(calls.withLock { $0 } == 1, "nothing has changed: no cache need be cleared")
    }

    @Test("What another process revokes counts after its change was announced")
    func otherProcess() async throws {
        let it = try await SignInFixture()
        let ada = try await it.account("ada")
        let cookie = try await it.enter("ada").cookie
        let (changes, announce) = AsyncStream<Void>.makeStream()
        let (seen, see) = AsyncStream<Void>.makeStream()
        it.signIn.onChange { see.yield() }
        let following = Task { try await it.signIn.follow(changes) }
        _ = try await it.store.revokeSessions(of: ada.id, by: .commandLine, at: it.clock.now())
        #expect(it.signIn.authorize(.cookie(cookie)) != nil)
        announce.yield()
        var changed = seen.makeAsyncIterator()
        await changed.next()
        #expect(it.signIn.authorize(.cookie(cookie)) == nil)
        announce.finish()
        try await following.value
    }

    @Test("A load of the store that began before a sign-out doesn't bring the session back")
    func staleLoad() async throws {
        let it = try await SignInFixture()
        try await it.account("ada")
        let ada = try await it.enter("ada")
        let signIn = it.signIn
        it.store.duringNextRead {
            try? await signIn.signOut(ada.session.id, by: .user(ada.user.id))
            #expect(signIn.authorize(.cookie(ada.cookie)) == nil)
        }
        try await it.signIn.refresh()
        #expect(it.signIn.authorize(.cookie(ada.cookie)) == nil)
    }

    @Test("A session ends with its lifetime, and a shorter lifetime counts for it, too")
    func expires() async throws {
        let it = try await SignInFixture()
        try await it.account("ada")
        let cookie = try await it.enter("ada").cookie
        it.clock.advance(by: .seconds(3600))
        #expect(it.signIn.authorize(.cookie(cookie)) != nil)
        var rules = it.signIn.rules
        rules.sessionLifetime = .seconds(1800)
        it.signIn.apply(rules)
        #expect(it.signIn.authorize(.cookie(cookie)) == nil)
        rules.sessionLifetime = .seconds(24 * 3600)
        it.signIn.apply(rules)
        it.clock.advance(by: .seconds(11 * 3600 - 1))
        #expect(it.signIn.authorize(.cookie(cookie)) != nil)
        it.clock.advance(by: .seconds(1))
        #expect(it.signIn.authorize(.cookie(cookie)) == nil)
    }

    @Test("A cookie of one listener is nobody's at another, of the same deployment or the next")
    func audience() async throws {
        let it = try await SignInFixture()
        try await it.account("ada")
        let cookie = try await it.enter("ada").cookie
        let operators = it.signIn.listening(as: "operators")
        #expect(operators.authorize(.cookie(cookie)) == nil)
        let other = try await operators.signIn(
            provider: "here",
            name: "ada",
            password: "correct horse",
            client: "192.0.2.1"
        )
        #expect(operators.authorize(.cookie(other.cookie)) != nil)
        #expect(it.signIn.authorize(.cookie(other.cookie)) == nil)
        // Signed out at one, signed out in what both share.
        try await it.signIn.signOut(other.session.id, by: .hub)
        #expect(operators.authorize(.cookie(other.cookie)) == nil)
    }
}
