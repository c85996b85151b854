public import CarrelCore
import GRDB

extension SQLiteStore {
    public func claim(_ request: ClaimRequest, by actor: Actor, at now: Timestamp) async throws -> Claim {
        try await write { db in try Claiming(request: request, actor: actor, now: now, db: db).claim() }
    }

    public func addSpare(_ workspace: Workspace, maxLiving: Int?, at now: Timestamp) async throws -> Bool {
        guard workspace.owner == nil, workspace.phase == .starting else {
            throw CarrelError(.invalid, "A spare has no owner, and begins by starting.", detail: "\(workspace.id)")
        }
        return try await write { db in
            guard try Room.isLeft(for: workspace.app, maxLiving: maxLiving, db) else { return false }
            try translating(unique: CarrelError(.conflict, "There is a workspace with this id already.")) {
                try WorkspaceRow.insert(workspace, db)
            }
            let entry = RecordEntry(
                at: now,
                kind: "workspace.added",
                actor: .hub,
                workspace: workspace.id,
                details: ["app": workspace.app.description]
            )
            try Record.append(entry, db)
            return true
        }
    }
}

/// Whether an app may have one more living workspace.
private enum Room {
    static func isLeft(for app: AppID, maxLiving: Int?, _ db: Database) throws -> Bool {
        guard let limit = maxLiving else { return true }
        let count = try db.cachedStatement(
            sql: "SELECT count(*) FROM (SELECT 1 FROM workspaces WHERE app = ? AND phase <> 'ended' LIMIT ?)"
        )
        return try Int.fetchOne(count, arguments: [app.description, max(0, limit)]) ?? 0 < limit
    }
}

/// One claim inside its transaction: the first of the steps that finds a workspace ends it.
private struct Claiming {
    let request: ClaimRequest
    let actor: Actor
    let now: Timestamp
    let db: Database

    func claim() throws -> Claim {
        if let own = try own() { return .existing(own) }
        try checkLimit()
        if try somebodyWaits() { return .queued(try make(.queued)) }
        if request.maySpare {
            if let spare = try takeSpare(.ready) { return .spare(spare) }
            if let spare = try takeSpare(.starting) { return .starting(spare) }
        }
        return try hasRoom() ? .created(try make(.starting)) : .queued(try make(.queued))
    }

    private func own() throws -> Workspace? {
        let select = try db.cachedStatement(
            sql: """
                SELECT \(WorkspaceRow.columns) FROM workspaces
                WHERE owner = ? AND app = ? AND name = ? AND phase <> 'ended'
                """
        )
        return try Row.fetchOne(
            select,
            arguments: [request.user.description, request.app.description, request.name.description]
        ).map { try WorkspaceRow($0).workspace }
    }

    private func checkLimit() throws {
        guard let limit = request.maxPerMember else { return }
        let count = try db.cachedStatement(
            sql: "SELECT count(*) FROM workspaces WHERE owner = ? AND app = ? AND phase <> 'ended'"
        )
        let living = try Int.fetchOne(count, arguments: [request.user.description, request.app.description]) ?? 0
        guard living >= limit else { return }
        throw CarrelError(
            .limitReached,
            limit == 1
                ? "You have a workspace of this app already. Stop it before you open another."
                : "You have \(living) workspaces of this app, as many as it allows. Stop one before you open another."
        )
    }

    private func somebodyWaits() throws -> Bool {
        let first = try db.cachedStatement(
            sql: "SELECT EXISTS (SELECT 1 FROM workspaces WHERE app = ? AND phase = 'queued')"
        )
        return try Bool.fetchOne(first, arguments: [request.app.description]) ?? false
    }

    /// Of the current definition first, then the oldest. Rows that can't be read are passed over.
    private func takeSpare(_ phase: Phase) throws -> Workspace? {
        let select = try db.cachedStatement(
            sql: """
                SELECT \(WorkspaceRow.columns) FROM workspaces
                WHERE app = ? AND phase = ? AND owner IS NULL AND phase <> 'ended'
                ORDER BY definition = ? DESC, created_at, number
                """
        )
        let rows = try Row.fetchCursor(
            select,
            arguments: [request.app.description, phase.rawValue, request.definition]
        )
        while let row = try rows.next() {
            guard let spare = try? WorkspaceRow(row),
                let given = spare.workspace.claimed(by: request.user, name: request.name, at: now)
            else { continue }
            try write(how: phase == .ready ? "spare" : "starting", given) { try spare.update(to: given, db) }
            return given
        }
        return nil
    }

    private func hasRoom() throws -> Bool {
        try Room.isLeft(for: request.app, maxLiving: request.maxLiving, db)
    }

    private func make(_ phase: Phase) throws -> Workspace {
        let workspace = Workspace(
            id: request.newID,
            app: request.app,
            engine: request.engine,
            definition: request.definition,
            token: request.newToken,
            owner: request.user,
            name: request.name,
            phase: phase,
            createdAt: now,
            predecessor: request.predecessor
        )
        try write(how: phase == .queued ? "queued" : "created", workspace) { try WorkspaceRow.insert(workspace, db) }
        return workspace
    }

    private func write(how: String, _ workspace: Workspace, _ change: () throws -> Void) throws {
        try translating(unique: CarrelError(.conflict, "There is a workspace with this id already."), change)
        var details = ["app": workspace.app.description, "name": workspace.name.description, "how": how]
        details["predecessor"] = workspace.predecessor?.description
        let entry = RecordEntry(
            at: now,
            kind: "workspace.claimed",
            actor: actor,
            workspace: workspace.id,
            user: request.user,
            details: details
        )
        try Record.append(entry, db)
    }
}
