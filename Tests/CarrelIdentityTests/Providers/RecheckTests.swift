import CarrelCore
import CarrelTesting
import Testing

@testable import CarrelIdentity

@Suite("Who is signed in is asked about again")
struct RecheckTests {
    @Test("A member whom the provider removed is out within recheck", arguments: ["invalid_grant", "invalid_request"])
    func removed(refusal: String) async throws {
        let fixture = try await ProviderFixture()
        fixture.provider.change { $0.refusal = refusal }
        let ada = try await fixture.enter("ada")
        let ben = try await fixture.enter("ben")
        fixture.provider.change { $0.removed = ["ada"] }
        await fixture.recheck()
        #expect(!fixture.isSignedIn(ada))
        #expect(fixture.isSignedIn(ben))
        #expect(try await fixture.store.session(ada.session.id)?.revokedAt != nil)
    }

    @Test("A group that was taken away closes its apps within recheck, and opens them when it comes back")
    func group() async throws {
        let app = try #require(AppID("models"))
        let fixture = try await ProviderFixture(apps: [app: AccessRule(groups: ["company:analysts"])])
        fixture.provider.change { $0.claims["groups"] = ["analysts"] }
        let signedIn = try await fixture.enter()
        func closed() -> Set<AppID>? { fixture.signIn.authorize(.cookie(signedIn.cookie))?.closedApps }
        #expect(closed() == [])
        fixture.provider.change { $0.claims["groups"] = .null }
        #expect(closed() == [])
        await fixture.recheck()
        #expect(closed() == [app])
        fixture.provider.change { $0.claims["groups"] = ["analysts"] }
        await fixture.recheck()
        #expect(closed() == [])
    }

    @Test("Nobody is asked about before most of recheck has passed, and everybody before it has")
    func pace() async throws {
        let fixture = try await ProviderFixture()
        for number in 0..<20 { try await fixture.enter("member\(number)") }
        let asked = fixture.provider.count("token")
        fixture.clock.advance(by: .seconds(900) * 0.69)
        await fixture.signIn.recheckDue(at: "company")
        #expect(fixture.provider.count("token") == asked)
        fixture.clock.advance(by: .seconds(900) * 0.25)
        await fixture.signIn.recheckDue(at: "company")
        #expect(fixture.provider.count("token") == asked + 20)
    }

    @Test("Refresh tokens that the provider replaces are replaced here, again and again")
    func rotation() async throws {
        let fixture = try await ProviderFixture()
        let signedIn = try await fixture.enter()
        for _ in 0..<5 {
            await fixture.recheck()
            #expect(fixture.isSignedIn(signedIn))
        }
    }

    @Test("A refresh without ID token is asked of userinfo, whose groups count where they stood there before")
    func withoutIDToken() async throws {
        let fixture = try await ProviderFixture()
        fixture.provider.change {
            $0.refreshGivesIDToken = false
            $0.userinfo["groups"] = ["a", "b"]
        }
        let signedIn = try await fixture.enter()
        #expect(signedIn.user.groups == ["company:a", "company:b"])
        fixture.provider.change { $0.userinfo["groups"] = ["b"] }
        await fixture.recheck()
        #expect(try await fixture.store.user(signedIn.user.id)?.groups == ["company:b"])
        fixture.provider.change { $0.userinfo["groups"] = .null }
        await fixture.recheck()
        #expect(try await fixture.store.user(signedIn.user.id)?.groups == [])
        #expect(fixture.isSignedIn(signedIn))
    }

    @Test("A group that userinfo lists too is gone when a refresh without ID token lists it no more")
    func groupsOfBoth() async throws {
        let fixture = try await ProviderFixture()
        fixture.provider.change {
            $0.refreshGivesIDToken = false
            $0.claims["groups"] = ["a"]
            $0.userinfo["groups"] = ["a"]
        }
        let signedIn = try await fixture.enter()
        fixture.provider.change { $0.userinfo["groups"] = .null }
        await fixture.recheck()
        #expect(try await fixture.store.user(signedIn.user.id)?.groups == [])
        #expect(fixture.isSignedIn(signedIn))
    }

    @Test("Where groups stand in ID tokens only, and a refresh brings none, the session ends within recheck")
    func groupsOfIDToken() async throws {
        let fixture = try await ProviderFixture()
        fixture.provider.change {
            $0.refreshGivesIDToken = false
            $0.claims["groups"] = ["a"]
        }
        let signedIn = try await fixture.enter()
        await fixture.recheck()
        #expect(!fixture.isSignedIn(signedIn))
    }

    @Test("A session without refresh token lasts as long as its access token says who it is")
    func withoutRefreshToken() async throws {
        let fixture = try await ProviderFixture()
        fixture.provider.change {
            $0.answer["refresh_token"] = .null
            $0.answer["expires_in"] = 1000
        }
        let signedIn = try await fixture.enter()
        await fixture.recheck()
        #expect(fixture.isSignedIn(signedIn))
        await fixture.recheck()
        #expect(!fixture.isSignedIn(signedIn))
    }

    @Test("A provider that speaks of somebody else at a refresh ends the session")
    func somebodyElse() async throws {
        let fixture = try await ProviderFixture()
        let signedIn = try await fixture.enter()
        fixture.provider.change {
            $0.claims["sub"] = "eve"
            $0.userinfo["sub"] = "eve"
        }
        await fixture.recheck()
        #expect(!fixture.isSignedIn(signedIn))
    }

    @Test("Whom allow does not name any more is out")
    func allow() async throws {
        let fixture = try await ProviderFixture(
            remote: ProviderFixture.remote(allow: AllowRule(groups: ["company:staff"]))
        )
        fixture.provider.change { $0.claims["groups"] = ["staff"] }
        let signedIn = try await fixture.enter()
        fixture.provider.change { $0.claims["groups"] = [] }
        await fixture.recheck()
        #expect(!fixture.isSignedIn(signedIn))
    }

    @Test("A provider that fails in whatever way ends no session", arguments: [500, 503, 429, 404, 403, 302])
    func failing(status: Int) async throws {
        let fixture = try await ProviderFixture()
        let signedIn = try await fixture.enter()
        fixture.provider.change {
            $0.instead["token"] = ProviderResponse(status: status, contentType: "text/html", body: Array("<p>".utf8))
        }
        await fixture.recheck()
        #expect(fixture.isSignedIn(signedIn))
        fixture.provider.change { $0.instead = [:] }
        fixture.clock.advance(by: .seconds(60))
        await fixture.signIn.recheckDue(at: "company")
        #expect(fixture.isSignedIn(signedIn))
        fixture.provider.change { $0.removed = ["ada"] }
        await fixture.recheck()
        #expect(!fixture.isSignedIn(signedIn))
    }

    @Test("Tokens are stored encrypted, each for its session only, and go with it")
    func sealed() async throws {
        let fixture = try await ProviderFixture()
        let first = try await fixture.enter()
        let second = try await fixture.enter()
        let now = fixture.clock.now()
        let grant = try #require(try await fixture.store.grant(of: first.session.id, at: now))
        #expect(!grant.sealed.contains("canary"))
        #expect(
            UnpaddedBase64.decode(grant.sealed).map { String(decoding: $0, as: UTF8.self).contains("canary") } == false
        )
        #expect(fixture.signIn.tokens(of: grant)?.refresh?.hasPrefix("canary-refresh") == true)
        let moved = ProviderGrant(
            session: second.session.id,
            user: grant.user,
            provider: grant.provider,
            subject: grant.subject,
            providerSession: nil,
            sealed: grant.sealed,
            checkAt: now
        )
        #expect(fixture.signIn.tokens(of: moved) == nil)
        try await fixture.signIn.signOut(first.session.id, by: .user(first.user.id))
        #expect(try await fixture.store.grant(of: first.session.id, at: now) == nil)
    }
}
