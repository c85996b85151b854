import CarrelCore

/// Where the file system does not keep a home's quota, whoever is over it is given nothing new.
extension Claims {
    /// Throws `homeFull` with a sentence. Who has this workspace already goes on with it.
    func refuseFullHome(_ app: App, name: WorkspaceName, for user: User) async throws {
        guard let rule = app.home?.rule, let quota = rule.quota else { return }
        let key = rule.key(owner: user.id, name: name)
        guard let record = try await around.store.home(key), !record.isEnforced else { return }
        let report = HomeReport(record, quota: quota)
        guard report.isFull, let used = report.used else { return }
        let living = try await around.store.workspaces(of: user.id, endedLimit: 0).filter { $0.phase.isLiving }
        guard !living.contains(where: { $0.app == app.id && $0.name == name }) else { return }
        // It may have been emptied since.
        around.homes.ask(key)
        let sentence =
            "Your home holds \(ByteText.of(used)) and may hold \(ByteText.of(quota)), so nothing new is started."
        let open = living.first { $0.home == key.location && $0.isOpen }
        let remedy =
            open.map { "Delete files in \(around.rules.now.known($0).app.title), which is still open" }
            ?? "Ask an operator to make room"
        throw CarrelError(.homeFull, "\(sentence) \(remedy); a minute later, try again.")
    }
}
