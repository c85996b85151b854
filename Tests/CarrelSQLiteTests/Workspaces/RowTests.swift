import CarrelCore
import GRDB
import Testing

@testable import CarrelSQLite

@Suite("Rows of workspaces")
struct RowTests {
    private let now = Timestamp(milliseconds: 1000)

    @Test(
        "The file itself refuses a second owner, another name, a resurrection and a removal",
        arguments: [
            "UPDATE workspaces SET owner = NULL", "UPDATE workspaces SET owner = (SELECT max(id) FROM users)",
            "UPDATE workspaces SET name = 'other'", "UPDATE workspaces SET id = 'ws-aaaaaaaaaaaaaaaa'",
            "UPDATE workspaces SET phase = 'ready', ended_at = NULL WHERE phase = 'ended'", "DELETE FROM workspaces",
            "UPDATE users SET storage_uid = 1", "UPDATE record SET body = ''", "DELETE FROM record",
        ]
    )
    func triggers(sql: String) async throws {
        try await withSQLiteStore { store in
            let users = [try await member("ada", store), try await member("bob", store)].map(\.id).sorted()
            _ = try await store.claim(request(users[0]), by: .hub, at: now)
            let other = try await store.claim(request(users[0], name: #require(.init("b"))), by: .hub, at: now)
            _ = try await store.apply(.ended(.user, log: ""), to: other.workspace.id, by: .hub, at: now)
            await #expect(throws: DatabaseError.self) { try await store.pool.write { try $0.execute(sql: sql) } }
        }
    }

    @Test("A row that can't be read is reported, passed over and never removed")
    func unreadable() async throws {
        try await withSQLiteStore { store in
            let ada = try await member("ada", store)
            let names = try ["a", "b", "c"].map { try #require(WorkspaceName($0)) }
            var ids: [WorkspaceID] = []
            for name in names {
                ids.append(try await store.claim(request(ada.id, name: name), by: .hub, at: now).workspace.id)
            }
            _ = try await store.apply(.ended(.user, log: ""), to: ids[2], by: .hub, at: now)
            #expect(try await store.living().map(\.id) == [ids[0], ids[1]])
            try await store.pool.write { [ids] db in
                try db.execute(
                    sql: "UPDATE workspaces SET body = '{', revision = revision + 1 WHERE id IN (?, ?)",
                    arguments: [ids[0].description, ids[2].description]
                )
            }
            #expect(try await store.living().map(\.id) == [ids[1]])
            #expect(try await store.unreadable() == [ids[0].description])
            #expect(try await store.ended(limit: 9) == [])
            #expect(try await store.workspaces(of: ada.id, endedLimit: 9).map(\.id) == [ids[1]])
            #expect(try await store.unreadable() == [ids[0].description, ids[2].description].sorted())
            for body in [
                { _ = try await store.workspace(ids[0]) },
                { _ = try await store.apply(.started, to: ids[0], by: .hub, at: now) },
                { _ = try await store.claim(request(ada.id, name: names[0]), by: .hub, at: now) },
            ] as [() async throws -> Void] {
                let error = await #expect(throws: CarrelError.self) { try await body() }
                #expect(error?.code == .storeDamaged)
            }
            let rows = try await store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM workspaces") }
            #expect(rows == 3)
        }
    }

    @Test("A spare that can't be read is passed over by a claim")
    func unreadableSpare() async throws {
        try await withSQLiteStore { store in
            let ada = try await member("ada", store)
            let template = try request(ada.id)
            var spares: [WorkspaceID] = []
            var random = SystemRandomNumberGenerator()
            for _ in 0..<2 {
                let spare = Workspace(
                    id: WorkspaceID(from: &random),
                    app: template.app,
                    engine: template.engine,
                    definition: "d",
                    token: "t",
                    phase: .starting,
                    createdAt: now
                )
                try await store.addSpare(spare, at: now)
                spares.append(spare.id)
            }
            try await store.pool.write { [spares] db in
                try db.execute(
                    sql: "UPDATE workspaces SET body = 'x' WHERE id = ?",
                    arguments: [spares[0].description]
                )
            }
            let claim = try await store.claim(template, by: .hub, at: now)
            #expect(claim.workspace.id == spares[1])
        }
    }

    @Test("Whatever a claim or list looks for is found by an index")
    func indexes() async throws {
        let queries = [
            "SELECT body FROM workspaces WHERE owner = 'u' AND app = 'a' AND name = 'n' AND phase <> 'ended'",
            "SELECT count(*) FROM workspaces WHERE owner = 'u' AND app = 'a' AND phase <> 'ended'",
            "SELECT 1 FROM workspaces WHERE app = 'a' AND phase = 'queued'",
            "SELECT body FROM workspaces WHERE app = 'a' AND phase = 'ready' AND owner IS NULL AND phase <> 'ended'",
            "SELECT 1 FROM workspaces WHERE app = 'a' AND phase <> 'ended' LIMIT 5",
            "SELECT body FROM workspaces WHERE phase <> 'ended' ORDER BY created_at, number",
            "SELECT body FROM workspaces WHERE phase = 'ended' ORDER BY ended_at DESC, number DESC LIMIT 5",
            """
            SELECT body FROM workspaces WHERE owner = 'u' AND phase = 'ended'
            ORDER BY ended_at DESC, number DESC LIMIT 5
            """,
            "SELECT hash FROM record WHERE chain = 'hub' ORDER BY sequence DESC LIMIT 1",
            "SELECT body FROM decisions WHERE workspace = 'w' ORDER BY at DESC, number DESC LIMIT 5",
            "SELECT body FROM decisions WHERE user = 'u' ORDER BY at DESC, number DESC LIMIT 5",
        ]
        try await withSQLiteStore { store in
            for query in queries {
                let plan = try await store.read { db in
                    try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + query).map { $0["detail"] as String }
                }
                #expect(plan.count == 1, "\(query): \(plan)")
                #expect(plan.first?.contains("USING") == true && plan.first?.contains("INDEX") == true, "\(plan)")
            }
        }
    }
}
