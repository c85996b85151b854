public import CarrelCore
import GRDB

extension SQLiteStore {
    public func append(_ entry: RecordEntry) async throws {
        try await write { db in try Record.append(entry, db) }
    }

    public func record(after: Int64, limit: Int) async throws -> (entries: [ChainedEntry], next: Int64) {
        try await read { db in
            let rows = try Row.fetchAll(
                db,
                sql: "SELECT position, body FROM record WHERE position > ? ORDER BY position LIMIT ?",
                arguments: [after, max(0, limit)]
            )
            // What can't be read is named by `verifyRecord`; it must not hide what follows.
            let entries = rows.compactMap { try? JSONText.decode(ChainedEntry.self, from: $0[1]) }
            return (entries, rows.last?[0] ?? after)
        }
    }
}

enum Record {
    /// Appends to the end of its writer's chain, as part of the transaction that made the change.
    static func append(_ entry: RecordEntry, _ db: Database) throws {
        let chain = entry.actor.chain
        let end = try db.cachedStatement(
            sql: "SELECT sequence, hash FROM record WHERE chain = ? ORDER BY sequence DESC LIMIT 1"
        )
        let last = try Row.fetchOne(end, arguments: [chain])
        let next = ChainedEntry(
            chain: chain,
            sequence: (last?[0] ?? 0) + 1,
            entry: entry,
            previous: last?[1] ?? ChainedEntry.genesis
        )
        try db.cachedStatement(sql: "INSERT INTO record (chain, sequence, hash, body) VALUES (?, ?, ?, ?)")
            .execute(arguments: [next.chain, next.sequence, next.hash, try JSONText.encode(next)])
    }
}
