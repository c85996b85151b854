public import CarrelCore
import GRDB
import Synchronization

/// Living rows as decoded last. A row's `revision` tells whether its body is still the one that was decoded.
struct DecodedRows {
    /// A reference, for a workspace has some 400 bytes: tables of ten thousand are copied at each look, and half of a
    /// table's places are empty.
    final class Entry: Sendable {
        enum Content: Sendable {
            case workspace(Workspace)
            /// Can't be read.
            case damaged(id: String)
        }

        let revision: Int64
        let content: Content

        init(revision: Int64, content: Content) {
            self.revision = revision
            self.content = content
        }
    }

    var entries: [Int64: Entry] = [:]
}

extension SQLiteStore {
    public func living() async throws -> [Workspace] {
        let rows = try await livingRows()
        var living: [Workspace] = []
        living.reserveCapacity(rows.count)
        for (entry, lastActive) in rows {
            guard case .workspace(let workspace) = entry.content else { continue }
            living.append(lastActive.map { workspace.active(at: Timestamp(milliseconds: $0)) } ?? workspace)
        }
        return living
    }

    /// Every living row is looked at; of the ended ones those that a list has met and could not read.
    public func unreadable() async throws -> [String] {
        let living = try await livingRows().compactMap { row in
            if case .damaged(let id) = row.entry.content { id } else { nil }
        }
        return foundUnreadable.withLock { $0.union(living) }.sorted()
    }

    private func livingRows() async throws -> [(entry: DecodedRows.Entry, lastActive: Int64?)] {
        let known = decoded.withLock { $0.entries }
        let (marks, bodies) = try await read { db in try Self.readLiving(db, known: known) }
        var entries: [Int64: DecodedRows.Entry] = [:]
        entries.reserveCapacity(marks.count)
        for (number, entry) in await Self.decode(bodies) { entries[number] = entry }
        var rows: [(entry: DecodedRows.Entry, lastActive: Int64?)] = []
        rows.reserveCapacity(marks.count)
        for mark in marks {
            guard let entry = entries[mark.number] ?? known[mark.number] else { continue }
            entries[mark.number] = entry
            rows.append((entry, mark.lastActive))
        }
        decoded.withLock { [entries] in $0.entries = entries }
        return rows
    }

    private struct Mark {
        let number: Int64
        let lastActive: Int64?
    }

    private struct Body {
        let number: Int64
        let id: String
        let revision: Int64
        let text: String
    }

    /// Every living row's mark, oldest first, and the bodies of those that changed since they were decoded.
    private static func readLiving(
        _ db: Database,
        known: [Int64: DecodedRows.Entry]
    ) throws -> (marks: [Mark], bodies: [Body]) {
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT number, revision, last_active FROM workspaces WHERE phase <> 'ended'
                    ORDER BY created_at, number
                    """
            )
        )
        let select = try db.cachedStatement(sql: "SELECT id, body FROM workspaces WHERE number = ?")
        var marks: [Mark] = []
        var bodies: [Body] = []
        while let row = try rows.next() {
            let mark = Mark(number: row[0], lastActive: row[2])
            let revision: Int64 = row[1]
            marks.append(mark)
            guard known[mark.number]?.revision != revision else { continue }
            guard let row = try Row.fetchOne(select, arguments: [mark.number]) else { continue }
            bodies.append(Body(number: mark.number, id: row[0], revision: revision, text: row[1]))
        }
        return (marks, bodies)
    }

    /// On all cores: at a start thousands are new at once.
    private static func decode(_ bodies: [Body]) async -> [(Int64, DecodedRows.Entry)] {
        let chunk = 500
        return await withTaskGroup(of: [(Int64, DecodedRows.Entry)].self) { group in
            for start in stride(from: 0, to: bodies.count, by: chunk) {
                let part = bodies[start..<min(start + chunk, bodies.count)]
                group.addTask {
                    // Thousands were started from the same few definitions: each is kept once.
                    var definitions: Set<String> = []
                    return part.map { body in
                        var content = DecodedRows.Entry.Content.damaged(id: body.id)
                        if var workspace = try? JSONText.decode(Workspace.self, from: body.text) {
                            workspace.definition = definitions.insert(workspace.definition).memberAfterInsert
                            content = .workspace(workspace)
                        }
                        return (body.number, DecodedRows.Entry(revision: body.revision, content: content))
                    }
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
    }
}
