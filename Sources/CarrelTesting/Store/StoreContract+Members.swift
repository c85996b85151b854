import CarrelCore
import Testing

extension StoreContract {
    func aMemberIsMadeOnceAndThenFound() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let identity = Identity(provider: "company", subject: "7", name: "ada", email: "a@b.c")
            let made = try await store.ensureUser(
                identity,
                displayName: "Ada",
                groups: ["company:x"],
                by: .hub,
                at: scene.next()
            )
            #expect(made.name == "Ada")
            #expect(made.groups == ["company:x"])
            #expect(made.identities == [identity])
            #expect(made.storageUID >= 70_001)
            #expect(try await store.user(made.id) == made)
            #expect(try await store.user(provider: "company", subject: "7") == made)
            let kinds = try await scene.recorded {
                let again = try await store.ensureUser(
                    identity,
                    displayName: nil,
                    groups: nil,
                    by: .hub,
                    at: scene.next()
                )
                #expect(again == made)
            }
            #expect(kinds == [])
            #expect(try await store.user(provider: "other", subject: "7") == nil)
            #expect(try await store.users() == [made])
        }
    }

    func aProviderSpeaksForItsOwnGroupsOnly() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            var identity = Identity(provider: "company", subject: "7", name: "ada")
            let made = try await store.ensureUser(identity, displayName: nil, groups: nil, by: .hub, at: scene.next())
            #expect(made.name == "ada")
            _ = try await store.changeUser(
                made.id,
                groups: ["company:old", "local:staff"],
                isOperator: nil,
                isDisabled: nil,
                by: .commandLine,
                at: scene.next()
            )
            identity.name = "ada.l"
            identity.email = "ada@example.org"
            identity.emailIsVerified = true
            let kinds = try await scene.recorded {
                let now = try await store.ensureUser(
                    identity,
                    displayName: "Ada L.",
                    groups: ["company:new"],
                    by: .hub,
                    at: scene.next()
                )
                #expect(now.groups == ["company:new", "local:staff"])
                #expect(now.name == "Ada L.")
                #expect(now.identities == [identity])
                #expect(now.id == made.id)
                #expect(now.storageUID == made.storageUID)
            }
            #expect(kinds == ["user.changed"])
            #expect(try await store.user(made.id)?.identities == [identity])
        }
    }

    func everyMemberHasAUidOfTheirOwn() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let made = try await withThrowingTaskGroup(of: UserID.self) { group in
                for number in 0..<60 { group.addTask { try await scene.member("m\(number % 30)") } }
                return try await group.reduce(into: Set<UserID>()) { $0.insert($1) }
            }
            let users = try await store.users()
            #expect(made.count == 30)
            #expect(users.count == 30)
            #expect(users.map(\.storageUID) == Array(70_001...70_030))
        }
    }

    func localAccountsHaveTheirPasswords() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let new = NewLocalAccount(provider: "local", name: "ada", passwordHash: "h1", isOperator: true)
            let ada = try await store.addLocalAccount(new, by: .commandLine, at: scene.next())
            #expect(ada.isOperator)
            #expect(ada.isNamed("local:ada"))
            #expect(try await store.user(provider: "local", subject: "ada") == ada)
            #expect(try await store.passwordHash(provider: "local", name: "ada") == "h1")
            await expect(.conflict) { _ = try await store.addLocalAccount(new, by: .commandLine, at: scene.next()) }
            #expect(try await store.users() == [ada])
            let kinds = try await scene.recorded {
                try await store.setPasswordHash(
                    "h2",
                    provider: "local",
                    name: "ada",
                    by: .user(ada.id),
                    at: scene.next()
                )
            }
            #expect(kinds == ["user.password-set"])
            #expect(try await store.passwordHash(provider: "local", name: "ada") == "h2")
            #expect(try await store.passwordHash(provider: "local", name: "bob") == nil)
            await expect(.notFound) {
                try await store.setPasswordHash("h", provider: "local", name: "bob", by: .hub, at: scene.next())
            }
            let bob = NewLocalAccount(provider: "local", name: "bob", passwordHash: nil)
            _ = try await store.addLocalAccount(bob, by: .commandLine, at: scene.next())
            #expect(try await store.passwordHash(provider: "local", name: "bob") == nil)
            for link in try await scene.record() {
                let told = link.entry.details.values.joined(separator: " ")
                #expect(!told.contains("ada"), "the record names people by id only")
            }
        }
    }

    func aChangedMemberStaysTheSame() async throws {
        try await withStore { store in
            let scene = StoreScene(store)
            let id = try await scene.member("ada")
            let before = try #require(try await store.user(id))
            let disabled = try await store.changeUser(
                id,
                groups: nil,
                isOperator: true,
                isDisabled: true,
                by: .commandLine,
                at: scene.next()
            )
            #expect(disabled.isDisabled && disabled.isOperator && disabled.groups == before.groups)
            #expect(disabled.storageUID == before.storageUID)
            #expect(try await store.user(id) == disabled)
            let nobody = try #require(UserID("u-aaaaaaaaaaaaaaaa"))
            await expect(.notFound) {
                _ = try await store.changeUser(
                    nobody,
                    groups: nil,
                    isOperator: true,
                    isDisabled: nil,
                    by: .hub,
                    at: scene.next()
                )
            }
        }
    }
}
