import CarrelCore
import GRDB

extension SQLiteStore {
    /// Reads the whole record once, in the order in which it was written, on one snapshot.
    ///
    /// Also what was cut off the end is found, unless whoever did it also changed SQLite's own count.
    public func verifyRecord() async throws -> String? {
        try await read { db in
            var ends: [String: (sequence: Int64, hash: String)] = [:]
            var position: Int64 = 0
            let rows = try Row.fetchCursor(
                db,
                sql: "SELECT position, chain, sequence, hash, body FROM record ORDER BY position"
            )
            while let row = try rows.next() {
                position += 1
                guard row[0] == position else { return "Entry \(position) of the record is missing." }
                guard let link = try? JSONText.decode(ChainedEntry.self, from: row[4]) else {
                    return "Entry \(position) of the record can't be read."
                }
                guard link.isIntact, link.chain == row[1], link.sequence == row[2], link.hash == row[3] else {
                    return "Entry \(position) of the record was changed after it was written."
                }
                let end = ends[link.chain] ?? (0, ChainedEntry.genesis)
                guard link.sequence == end.sequence + 1, link.previous == end.hash else {
                    return "Entry \(position) of the record does not follow number \(end.sequence) of the chain "
                        + "\(link.chain): something before it was removed or replaced."
                }
                ends[link.chain] = (link.sequence, link.hash)
            }
            let written = try Int64.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'record'") ?? 0
            return written == position ? nil : "The record ends at entry \(position), but \(written) were written."
        }
    }
}
