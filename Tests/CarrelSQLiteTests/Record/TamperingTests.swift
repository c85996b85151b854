import CarrelCore
import GRDB
import Testing

@testable import CarrelSQLite

@Suite("A record that was tampered with")
struct TamperingTests {
    /// The verdict on six entries after `sql` ran with the triggers gone.
    private func verdict(after sql: String) async throws -> String? {
        var verdict: String?
        try await withSQLiteStore { store in
            let ada = try await member("ada", store)
            for number in 2...6 {
                let entry = RecordEntry(
                    at: Timestamp(milliseconds: Int64(number)),
                    kind: "test",
                    actor: number % 2 == 0 ? .commandLine : .hub,
                    user: ada.id
                )
                try await store.append(entry)
            }
            #expect(try await store.verifyRecord() == nil)
            try await store.pool.write { db in
                try db.execute(sql: "DROP TRIGGER record_unchanged; DROP TRIGGER record_kept;" + sql)
            }
            verdict = try await store.verifyRecord()
        }
        return verdict
    }

    @Test("A changed word shows")
    func changed() async throws {
        let sql = "UPDATE record SET body = replace(body, '\"test\"', '\"nothing\"') WHERE position = 3"
        #expect(try await verdict(after: sql) == "Entry 3 of the record was changed after it was written.")
    }

    @Test("A column that no longer agrees with the entry shows")
    func column() async throws {
        let sql = "UPDATE record SET chain = 'other' WHERE position = 4"
        #expect(try await verdict(after: sql) == "Entry 4 of the record was changed after it was written.")
    }

    @Test("An entry that can't be read shows, and does not hide what follows it")
    func unreadable() async throws {
        let sql = "UPDATE record SET body = '{' WHERE position = 2"
        #expect(try await verdict(after: sql) == "Entry 2 of the record can't be read.")
    }

    @Test("A missing entry shows")
    func removed() async throws {
        #expect(
            try await verdict(after: "DELETE FROM record WHERE position = 4") == "Entry 4 of the record is missing."
        )
    }

    @Test("A missing end shows")
    func endRemoved() async throws {
        let verdict = try await verdict(after: "DELETE FROM record WHERE position > 4")
        #expect(verdict == "The record ends at entry 4, but 6 were written.")
    }

    @Test("An entry that is whole in itself but does not follow from the one before shows")
    func replaced() async throws {
        let sql = """
            UPDATE record SET body = (SELECT body FROM record WHERE position = 5),
                sequence = 99, hash = (SELECT hash FROM record WHERE position = 5) WHERE position = 3
            """
        #expect(try await verdict(after: sql) == "Entry 3 of the record was changed after it was written.")
        let moved = """
            DELETE FROM record WHERE position = 3;
            UPDATE record SET position = position - 1 WHERE position > 3;
            UPDATE sqlite_sequence SET seq = 5 WHERE name = 'record';
            """
        let verdict = try await verdict(after: moved)
        #expect(verdict?.contains("does not follow number 1 of the chain hub") == true)
    }
}
