import CarrelCore
import CarrelTesting
import Testing

@testable import CarrelIdentity

@Suite("Coming over to a workspace's own name")
struct EntryTests {
    private static let here = WorkspaceID("ws-abcdefghijklmnop")
    private static let there = WorkspaceID("ws-ponmlkjihgfedcba")
    private static let browser = BrowserMark.digest(of: "hers")

    private struct Scene {
        let it: SignInFixture
        let ada: SignedIn
        let ticket: String
        let here: WorkspaceID
    }

    private func scene() async throws -> Scene {
        let it = try await SignInFixture()
        try await it.account("ada")
        let ada = try await it.enter("ada")
        let here = try #require(Self.here)
        let ticket = try await it.signIn.makeEntry(
            ada.session.id,
            workspace: here,
            path: "/lab?a=b",
            browser: Self.browser
        )
        return Scene(it: it, ada: ada, ticket: ticket, here: here)
    }

    private func cookie(_ entry: Entry) throws -> String {
        guard case .admitted(let cookie, _, _) = entry else { throw SignInFixture.Unrefused() }
        return cookie
    }

    @Test("A ticket gives a cookie that is the session's, for this workspace, and leads to its path")
    func admits() async throws {
        let scene = try await scene()
        let entry = scene.it.signIn.useEntry(scene.ticket, workspace: scene.here, browser: Self.browser)
        guard case .admitted(let cookie, let expires, let path) = entry else {
            Issue.record("\(entry)")
            return
        }
        #expect(path == "/lab?a=b")
        #expect(expires == scene.ada.session.expiresAt)
        let principal = try #require(scene.it.signIn.authorize(.workspaceCookie(cookie)))
        #expect(principal.user == scene.ada.user.id)
        #expect(principal.credential == .session(scene.ada.session.id))
        #expect(principal.workspace == scene.here)
    }

    @Test("It works once, however many try at the same time")
    func once() async throws {
        let scene = try await scene()
        let signIn = scene.it.signIn
        let admitted = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    let entry = signIn.useEntry(scene.ticket, workspace: scene.here, browser: Self.browser)
                    if case .admitted = entry { return true }
                    return false
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(admitted == 1)
    }

    @Test("After 30 seconds it is worth nothing; just before, it is")
    func expires() async throws {
        let late = try await scene()
        late.it.clock.advance(by: .seconds(30))
        #expect(late.it.signIn.useEntry(late.ticket, workspace: late.here, browser: Self.browser) == .refused)
        let early = try await scene()
        early.it.clock.advance(by: .milliseconds(29_999))
        _ = try cookie(early.it.signIn.useEntry(early.ticket, workspace: early.here, browser: Self.browser))
    }

    @Test("In another browser it is worth nothing, and is used up by the attempt")
    func otherBrowser() async throws {
        let scene = try await scene()
        let thief = BrowserMark.digest(of: "his")
        let stolen = scene.it.signIn.useEntry(scene.ticket, workspace: scene.here, browser: thief)
        #expect(stolen == .elsewhere(path: "/lab?a=b"))
        #expect(scene.it.signIn.useEntry(scene.ticket, workspace: scene.here, browser: Self.browser) == .refused)
    }

    @Test("At another workspace it is worth nothing, and is used up by the attempt")
    func otherWorkspace() async throws {
        let scene = try await scene()
        let there = try #require(Self.there)
        #expect(scene.it.signIn.useEntry(scene.ticket, workspace: there, browser: Self.browser) == .refused)
        #expect(scene.it.signIn.useEntry(scene.ticket, workspace: scene.here, browser: Self.browser) == .refused)
    }

    @Test("With the session that it was made for it ends, and none is made for a session that has ended")
    func endedSession() async throws {
        let scene = try await scene()
        try await scene.it.signIn.signOut(scene.ada.session.id, by: .commandLine)
        #expect(scene.it.signIn.useEntry(scene.ticket, workspace: scene.here, browser: Self.browser) == .refused)
        let refusal = try await scene.it.refusal {
            _ = try await scene.it.signIn.makeEntry(
                scene.ada.session.id,
                workspace: scene.here,
                path: "/",
                browser: Self.browser
            )
        }
        #expect(refusal.code == .unauthenticated)
    }

    @Test("The cookie ends with its session, with its member, and with the session's lifetime")
    func ends() async throws {
        let out = try await scene()
        let first = try cookie(out.it.signIn.useEntry(out.ticket, workspace: out.here, browser: Self.browser))
        try await out.it.signIn.signOut(out.ada.session.id, by: .commandLine)
        #expect(out.it.signIn.authorize(.workspaceCookie(first)) == nil)

        let disabled = try await scene()
        let second = try cookie(
            disabled.it.signIn.useEntry(disabled.ticket, workspace: disabled.here, browser: Self.browser)
        )
        _ = try await disabled.it.signIn.changeMember(disabled.ada.user.id, isDisabled: true, by: .commandLine)
        #expect(disabled.it.signIn.authorize(.workspaceCookie(second)) == nil)

        let late = try await scene()
        let third = try cookie(late.it.signIn.useEntry(late.ticket, workspace: late.here, browser: Self.browser))
        late.it.clock.advance(by: .seconds(12 * 3600))
        #expect(late.it.signIn.authorize(.workspaceCookie(third)) == nil)
    }

    @Test("It is no session at the hub, and the hub's session is none at a workspace")
    func apart() async throws {
        let scene = try await scene()
        let inside = try cookie(scene.it.signIn.useEntry(scene.ticket, workspace: scene.here, browser: Self.browser))
        #expect(scene.it.signIn.authorize(.cookie(inside)) == nil)
        #expect(scene.it.signIn.authorize(.workspaceCookie(scene.ada.cookie)) == nil)
        #expect(scene.it.signIn.authorize(.bearer(inside)) == nil)
    }

    @Test("A cookie with any letter changed is nobody's, and so is one of another deployment")
    func forged() async throws {
        let scene = try await scene()
        let good = try cookie(scene.it.signIn.useEntry(scene.ticket, workspace: scene.here, browser: Self.browser))
        for index in good.indices {
            var letters = Array(good)
            let place = good.distance(from: good.startIndex, to: index)
            letters[place] = letters[place] == "x" ? "y" : "x"
            #expect(scene.it.signIn.authorize(.workspaceCookie(String(letters))) == nil, "\(place)")
        }
        let keys = try #require(SigningKeys(secret: Array(0..<32)))
        #expect(WorkspaceCookie.verified(good, for: "main", with: keys.workspaces) != nil)
        #expect(WorkspaceCookie.verified(good, for: "other", with: keys.workspaces) == nil)
        #expect(WorkspaceCookie.verified(good, for: "main", with: keys.cookies) == nil)
        #expect(WorkspaceCookie.verified(good + "=", for: "main", with: keys.workspaces) == nil)
    }

    @Test("A session has so many tickets, and the oldest gives way; old ones are forgotten")
    func bounds() throws {
        var tickets = EntryTickets()
        let here = try #require(Self.here)
        let start = Timestamp(milliseconds: 0)
        func ticket(_ now: Timestamp) throws -> EntryTicket {
            EntryTicket(
                session: try #require(SessionID("s-aaaaaaaaaaaaaaaa")),
                user: try #require(UserID("u-aaaaaaaaaaaaaaaa")),
                issued: start,
                expires: start + .seconds(3600),
                workspace: here,
                path: "/",
                browser: "b",
                goodUntil: now + EntryTickets.lifetime
            )
        }
        for number in 0...EntryTickets.perSession {
            tickets.add(try ticket(start), digest: "d\(number)", now: start)
        }
        #expect(tickets.count == EntryTickets.perSession)
        #expect(tickets.take(digest: "d0", now: start) == nil)
        #expect(tickets.take(digest: "d1", now: start) != nil)
        let later = start + .seconds(30)
        tickets.add(try ticket(later), digest: "new", now: later)
        #expect(tickets.count == 1)
    }

    @Test("A browser's mark is random, and its digest says nothing of it")
    func marks() {
        let mark = BrowserMark.make()
        #expect(BrowserMark.isOne(mark) && mark != BrowserMark.make())
        #expect(BrowserMark.isDigest(BrowserMark.digest(of: mark)))
        #expect(!BrowserMark.isDigest(mark) && !BrowserMark.isOne(BrowserMark.digest(of: mark)))
    }
}
