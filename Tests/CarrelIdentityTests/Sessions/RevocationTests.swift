import CarrelCore
import CarrelTesting
import Synchronization
import Testing

@testable import CarrelIdentity

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

    @Test("A member whom another process disabled is not let in, although no session of theirs was revoked")
    func disabledElsewhere() async throws {
        let it = try await SignInFixture()
        let ada = try await it.account("ada")
        let cookie = try await it.enter("ada").cookie
        _ = try await it.store.changeUser(
            ada.id,
            groups: nil,
            isOperator: nil,
            isDisabled: true,
            by: .commandLine,
            at: it.clock.now()
        )
        try await it.signIn.refresh()
        #expect(it.signIn.authorize(.cookie(cookie)) == nil)
    }

    @Test("A store that fails while changes are followed is asked again, and what was in force stays so meanwhile")
    func followsThroughFailure() async throws {
        let it = try await SignInFixture()
        let ada = try await it.account("ada")
        let cookie = try await it.enter("ada").cookie
        _ = try await it.store.revokeSessions(of: ada.id, by: .commandLine, at: it.clock.now())
        it.store.fail(with: CarrelError(.storeFailed, "The database can't be read."))
        let (changes, announce) = AsyncStream<Void>.makeStream()
        announce.yield()
        announce.finish()
        let following = Task { try await it.signIn.follow(changes) }
        while it.clock.nextDeadline == nil { await Task.yield() }
        #expect(it.signIn.authorize(.cookie(cookie)) != nil)
        it.store.fail(with: nil)
        it.clock.advance(by: .seconds(1))
        try await following.value
        #expect(it.signIn.authorize(.cookie(cookie)) == nil)
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
