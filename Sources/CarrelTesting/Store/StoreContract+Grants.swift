import CarrelCore
import Testing

extension StoreContract {
    func grantsLiveAsLongAsTheirSession() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let ada = try await scene.member("ada")
            let now = scene.next()
            func add(_ subject: String, sid: String?, lasts: Duration, checkAt: Duration, provider: String = "company")
                async throws -> ProviderGrant
            {
                let session = Session(
                    id: scene.sessionID(),
                    user: ada,
                    provider: provider,
                    createdAt: now,
                    expiresAt: now + lasts
                )
                let grant = ProviderGrant(
                    session: session.id,
                    user: ada,
                    provider: provider,
                    subject: subject,
                    providerSession: sid,
                    sealed: "sealed",
                    checkAt: now + checkAt
                )
                try await store.addSession(session, grant: grant, by: .user(ada))
                return grant
            }
            let late = try await add("s", sid: "one", lasts: .seconds(3600), checkAt: .seconds(20))
            let early = try await add("s", sid: "two", lasts: .seconds(3600), checkAt: .seconds(10))
            let short = try await add("other", sid: nil, lasts: .seconds(60), checkAt: .seconds(5))
            _ = try await add("s", sid: "one", lasts: .seconds(3600), checkAt: .seconds(5), provider: "elsewhere")

            #expect(try await store.grant(of: late.session, at: now) == late)
            #expect(try await store.grant(of: scene.sessionID(), at: now) == nil)
            let due = now + .seconds(20)
            #expect(try await store.grants(provider: "company", dueAt: now, limit: 9) == [])
            #expect(try await store.grants(provider: "company", dueAt: due, limit: 9) == [short, early, late])
            #expect(try await store.grants(provider: "company", dueAt: due, limit: 2) == [short, early])
            #expect(try await store.grants(provider: "company", dueAt: now + .seconds(60), limit: 9) == [early, late])

            func named(_ subject: String?, _ sid: String?) async throws -> Set<SessionID> {
                let found = try await store.grants(provider: "company", subject: subject, providerSession: sid, at: now)
                return Set(found.map(\.session))
            }
            #expect(try await named("s", nil) == [late.session, early.session])
            #expect(try await named("s", "one") == [late.session])
            #expect(try await named(nil, "two") == [early.session])
            #expect(try await named("other", "one") == [])
            #expect(try await named(nil, nil) == [])

            try await store.updateGrant(of: early.session, sealed: "anew", checkAt: now + .seconds(900))
            #expect(try await store.grant(of: early.session, at: now)?.sealed == "anew")
            #expect(try await store.grants(provider: "company", dueAt: due, limit: 9) == [short, late])
            try await store.updateGrant(of: scene.sessionID(), sealed: "nobody's", checkAt: now)

            try await store.revokeSession(late.session, by: .user(ada), at: scene.next())
            #expect(try await store.grant(of: late.session, at: now) == nil)
            #expect(try await store.revokeSessions(of: ada, by: .hub, at: scene.next()) > 0)
            #expect(try await named("s", nil) == [])
        }
    }
}
