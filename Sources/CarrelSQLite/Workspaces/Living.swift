public import CarrelCore
import GRDB
import Synchronization

/// Living rows as decoded last. A row's `revision` tells whether its body is still the one that was decoded.
struct DecodedRows {
    struct Entry {
        let id: String
        let revision: Int64
        /// Nil: can't be read.
        let workspace: Workspace?
    }

    var entries: [Int64: Entry] = [:]
}

extension SQLiteStore {
    public func living() async throws -> [Workspace] {
        try await livingRows().compactMap { entry, lastActive in
            guard let workspace = entry.workspace else { return nil }
            return lastActive.map { workspace.active(at: Timestamp(milliseconds: $0)) } ?? workspace
        }
    }

    /// Every living row is looked at; of the ended ones those that a list has met and could not read.
    public func unreadable() async throws -> [String] {
        let living = try await livingRows().filter { $0.entry.workspace == nil }.map(\.entry.id)
        return foundUnreadable.withLock { $0.union(living) }.sorted()
    }

    private func livingRows() async throws -> [(entry: DecodedRows.Entry, lastActive: Int64?)] {
        let known = decoded.withLock { $0.entries }
        let rows = try await read { db in
            let marks = try Row.fetchCursor(
                db.cachedStatement(
                    sql: """
                        SELECT number, id, revision, last_active FROM workspaces WHERE phase <> 'ended'
                        ORDER BY created_at, number
                        """
                )
            )
            let body = try db.cachedStatement(sql: "SELECT body FROM workspaces WHERE number = ?")
            var rows: [(number: Int64, entry: DecodedRows.Entry, lastActive: Int64?)] = []
            while let mark = try marks.next() {
                let number: Int64 = mark[0]
                let revision: Int64 = mark[2]
                if let entry = known[number], entry.revision == revision {
                    rows.append((number, entry, mark[3]))
                    continue
                }
                let text = try String.fetchOne(body, arguments: [number]) ?? ""
                let workspace = try? JSONText.decode(Workspace.self, from: text)
                rows.append((number, DecodedRows.Entry(id: mark[1], revision: revision, workspace: workspace), mark[3]))
            }
            return rows
        }
        let entries = Dictionary(rows.map { ($0.number, $0.entry) }) { first, _ in first }
        decoded.withLock { $0.entries = entries }
        return rows.map { ($0.entry, $0.lastActive) }
    }
}
