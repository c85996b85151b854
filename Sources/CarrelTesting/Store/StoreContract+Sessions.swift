import CarrelCore
import Testing

extension StoreContract {
    func aRevokedSessionIsToldUntilItWouldHaveExpired() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let ada = try await scene.member("ada")
            let now = scene.next()
            let session = Session(
                id: scene.sessionID(),
                user: ada,
                provider: "test",
                createdAt: now,
                expiresAt: now + .seconds(3600)
            )
            let kinds = try await scene.recorded {
                try await store.addSession(session, by: .user(ada))
                #expect(try await store.session(session.id) == session)
                #expect(try await store.revokedSessions(at: now) == [])
                let first = scene.next()
                try await store.revokeSession(session.id, by: .user(ada), at: first)
                try await store.revokeSession(session.id, by: .user(ada), at: scene.next())
                #expect(try await store.session(session.id)?.revokedAt == first)
            }
            #expect(kinds == ["session.created", "session.revoked"])
            #expect(try await store.revokedSessions(at: now) == [session.id])
            #expect(try await store.revokedSessions(at: session.expiresAt) == [])
            await expect(.conflict) { try await store.addSession(session, by: .user(ada)) }
            // Who signs out twice, or out of nothing, has what they wanted.
            try await store.revokeSession(scene.sessionID(), by: .hub, at: now)
            #expect(try await store.session(scene.sessionID()) == nil)
        }
    }

    func allSessionsOfAMemberAreRevoked() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let users = try await scene.members(2)
            let now = scene.next()
            var own: Set<SessionID> = []
            for (number, user) in [users[0], users[0], users[0], users[1]].enumerated() {
                let session = Session(
                    id: scene.sessionID(),
                    user: user,
                    provider: "test",
                    createdAt: now,
                    // The third has expired by the time.
                    expiresAt: now + (number == 2 ? .seconds(1) : .seconds(3600))
                )
                try await store.addSession(session, by: .hub)
                if number < 2 { own.insert(session.id) }
            }
            let later = now + .seconds(60)
            #expect(try await store.revokeSessions(of: users[0], by: .hub, at: later) == 2)
            #expect(try await store.revokeSessions(of: users[0], by: .hub, at: later) == 0)
            #expect(try await store.revokedSessions(at: later) == own)
        }
    }

    func tokensAreKeptByDigest() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let ada = try await scene.member("ada")
            func token(user: UserID?, scopes: Set<Scope>) -> APIToken {
                let now = scene.next()
                return APIToken(
                    id: scene.tokenID(),
                    digest: scene.digest(),
                    scopes: scopes,
                    user: user,
                    createdAt: now,
                    expiresAt: now + .seconds(60)
                )
            }
            var own = token(user: ada, scopes: [.workspaces, .observe])
            let everybodys = token(user: nil, scopes: [.pool])
            let kinds = try await scene.recorded {
                try await store.addToken(own, by: .commandLine)
                try await store.addToken(everybodys, by: .commandLine)
                #expect(try await store.tokens() == [own, everybodys])
                own.revokedAt = scene.next()
                try await store.revokeToken(own.id, by: .commandLine, at: #require(own.revokedAt))
                try await store.revokeToken(own.id, by: .commandLine, at: scene.next())
            }
            #expect(kinds == ["token.added", "token.added", "token.revoked"])
            #expect(try await store.tokens() == [own, everybodys])
            await expect(.notFound) { try await store.revokeToken(scene.tokenID(), by: .hub, at: scene.next()) }
            await expect(.conflict) { try await store.addToken(everybodys, by: .hub) }
            let nobody = try #require(UserID("u-aaaaaaaaaaaaaaaa"))
            await expect(.notFound) { try await store.addToken(token(user: nobody, scopes: []), by: .hub) }
        }
    }

    func aTicketIsUsedOnce() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let ada = try await scene.member("ada")
            let now = scene.next()
            func ticket(lasts: Duration) -> LaunchTicket {
                LaunchTicket(digest: scene.digest(), user: ada, path: "/w/", expiresAt: now + lasts)
            }
            let good = ticket(lasts: .seconds(60))
            let late = ticket(lasts: .seconds(1))
            try await store.addTicket(good, by: .commandLine, at: now)
            try await store.addTicket(late, by: .commandLine, at: now)
            let used = try await withThrowingTaskGroup(of: LaunchTicket?.self) { group in
                for _ in 0..<20 {
                    group.addTask { try await store.useTicket(digest: good.digest, at: now + .seconds(2)) }
                }
                return try await group.reduce(into: [LaunchTicket]()) { if let ticket = $1 { $0.append(ticket) } }
            }
            #expect(used == [good])
            #expect(try await store.useTicket(digest: late.digest, at: now + .seconds(1)) == nil)
            #expect(try await store.useTicket(digest: scene.digest(), at: now) == nil)
        }
    }
}
