import CarrelCore
import Testing

@testable import CarrelIdentity

@Suite("Permissions")
struct PermissionsTests {
    let ada: User
    let bob: User
    let open: App
    let closed: App

    init() throws {
        func user(_ id: String) throws -> User {
            User(
                id: try #require(UserID(id)),
                name: id,
                identities: [],
                storageUID: 70_000,
                createdAt: Timestamp(milliseconds: 0)
            )
        }
        ada = try user("u-aaaaaaaaaaaaaaaa")
        bob = try user("u-bbbbbbbbbbbbbbbb")
        let app = try #require(AppID("jupyter"))
        let engine = try #require(EngineName("here"))
        open = App(id: app, title: "JupyterLab", engine: engine)
        closed = App(id: app, title: "JupyterLab", engine: engine, access: AccessRule(groups: ["company:few"]))
    }

    /// A principal with the member that it names.
    struct Caller {
        var principal: Principal
        var user: User?
        var isOperator = false

        func may(_ permission: Permission) -> Bool {
            Permissions.allows(permission, to: principal, user: user, isOperator: isOperator)
        }
    }

    func session(_ user: User, isOperator: Bool = false) throws -> Caller {
        let id = try #require(SessionID("s-aaaaaaaaaaaaaaaa"))
        let principal = Principal(
            user: user.id,
            credential: .session(id),
            expiresAt: Timestamp(milliseconds: 1)
        )
        return Caller(principal: principal, user: user, isOperator: isOperator)
    }

    func token(_ scopes: Set<Scope>, _ user: User?, isOperator: Bool = false) throws -> Caller {
        let id = try #require(TokenID("t-aaaaaaaaaaaaaaaa"))
        let principal = Principal(
            user: user?.id,
            credential: .token(id, scopes),
            expiresAt: Timestamp(milliseconds: 1)
        )
        return Caller(principal: principal, user: user, isOperator: isOperator)
    }

    /// The headings of the table; whoever has a member is Ada.
    func callers() throws -> [String: Caller] {
        [
            "session of a member": try session(ada),
            "session of an operator": try session(ada, isOperator: true),
            "token `workspaces`, `--user`": try token([.workspaces], ada),
            "token `workspaces`, `--all-users`": try token([.workspaces], nil),
            "token `pool`, `--user`": try token([.pool], ada),
            "token `pool`, `--all-users`": try token([.pool], nil),
            "token `observe`, `--all-users`": try token([.observe], nil),
            "token `observe`, `--user`": try token([.observe], ada),
            "token `operate`, `--user`": try token([.operate], ada),
            "token `operate`, `--all-users`": try token([.operate], nil),
            "token `embed`, `--all-users`": try token([.embed], nil),
        ]
    }

    /// What each row asks, of a member or of none.
    enum Question {
        case about((User) -> [Permission])
        case plain([Permission])
    }

    func questions() -> [String: Question] {
        [
            "open an app for a member whom its `access` admits": .about { [.openApp(open, for: $0)] },
            "open an app for a member whom its `access` does not admit": .about { [.openApp(closed, for: $0)] },
            "see a member's workspace": .about { [.seeWorkspace(owner: $0.id)] },
            "see a spare": .plain([.seeWorkspace(owner: nil)]),
            "read the log of a member's workspace": .about { [.readLogs(owner: $0.id)] },
            "read the log of a spare": .plain([.readLogs(owner: nil), .stopWorkspace(owner: nil)]),
            "stop, pause or resume a member's workspace": .about { [.stopWorkspace(owner: $0.id)] },
            "enter a member's workspace": .about { [.enterWorkspace(owner: $0.id)] },
            "enter a service whose `access` admits them": .plain([.enterService(nil)]),
            "enter a service whose `access` does not admit them": .plain([.enterService(closed.access)]),
            "call `POST /pool` for a member": .about { [.usePool(for: $0.id)] },
            "call `POST /pool` for nobody in particular": .plain([.usePool(for: nil)]),
            "have a link that signs a member in": .about { [.makeSignInLink(for: $0.id, isOperator: false)] },
            "have a link that signs another operator in": .plain([.makeSignInLink(for: bob.id, isOperator: true)]),
            "have a token `workspaces` for a member": .about { [.makeToken([.workspaces], user: $0.id)] },
            "have a token with another scope for a member": .about { user in
                Scope.allCases.filter { $0 != .workspaces }.map { .makeToken([.workspaces, $0], user: user.id) }
            },
            "have a token for all members": .plain(Scope.allCases.map { .makeToken([$0], user: nil) }),
            "read pools, members, usage, audit, engines, metrics": .plain([.observe]),
            "change members, tokens and configuration": .plain([.operate]),
        ]
    }

    @Test("Every cell of the table in the documentation is what the code does")
    func table() throws {
        let table = try PermissionTable()
        let questions = questions()
        let callers = try callers()
        #expect(Set(table.rows.map(\.action)) == Set(questions.keys))
        for row in table.rows {
            #expect(Set(row.cells.keys) == Set(callers.keys))
            guard let question = questions[row.action] else { continue }
            for (heading, caller) in callers {
                let place: Comment = "\(row.action) / \(heading)"
                let cell = row.cells[heading]
                switch question {
                case .plain(let permissions):
                    #expect(cell == "yes" || cell == "no", place)
                    for permission in permissions { #expect(caller.may(permission) == (cell == "yes"), place) }
                case .about(let ask):
                    #expect(cell == "own" || cell == "all" || cell == "no", place)
                    for permission in ask(ada) { #expect(caller.may(permission) == (cell != "no"), place) }
                    for permission in ask(bob) { #expect(caller.may(permission) == (cell == "all"), place) }
                }
            }
        }
    }

    @Test("A token for one member has none of an operator's powers, even if that member is one")
    func boundTokens() throws {
        let bound = try token(Set(Scope.allCases), ada, isOperator: true)
        for permission: Permission in [
            .operate, .observe, .seeWorkspace(owner: bob.id), .seeWorkspace(owner: nil), .stopWorkspace(owner: bob.id),
            .openApp(closed, for: ada), .makeToken([.workspaces], user: ada.id), .usePool(for: bob.id),
            .makeSignInLink(for: bob.id, isOperator: false), .makeSignInLink(for: ada.id, isOperator: true),
        ] {
            #expect(!bound.may(permission), "\(permission)")
        }
        #expect(bound.may(.enterWorkspace(owner: ada.id)))
    }

    @Test("A token with several scopes may do what each of them allows")
    func severalScopes() throws {
        let both = try token([.pool, .observe], nil)
        #expect(both.may(.usePool(for: bob.id)))
        #expect(both.may(.observe))
        #expect(!both.may(.stopWorkspace(owner: bob.id)))
    }

    @Test("A disabled member may do nothing, and nothing is opened for one")
    func disabled() throws {
        var gone = ada
        gone.isDisabled = true
        for caller in [try session(gone, isOperator: true), try token(Set(Scope.allCases), gone, isOperator: true)] {
            #expect(!caller.may(.seeWorkspace(owner: gone.id)))
            #expect(!caller.may(.operate))
            #expect(!caller.may(.usePool(for: gone.id)))
        }
        #expect(try !session(bob, isOperator: true).may(.openApp(open, for: gone)))
    }

    @Test("A principal with another member's record, or a session of nobody, may do nothing")
    func mismatch() throws {
        var caller = try session(ada, isOperator: true)
        caller.user = bob
        #expect(!caller.may(.operate))
        caller.user = nil
        #expect(!caller.may(.operate))
        caller.principal = Principal(
            user: nil,
            credential: caller.principal.credential,
            expiresAt: caller.principal.expiresAt
        )
        #expect(!caller.may(.operate))
        #expect(!caller.may(.seeWorkspace(owner: ada.id)))
    }
}
