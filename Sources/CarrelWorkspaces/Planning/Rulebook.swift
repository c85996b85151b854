import CarrelCore
import Synchronization

/// The rules in force, with what is worked out from them once, and the apps that an earlier configuration had.
struct Rulebook: Sendable {
    struct Entry: Sendable {
        let app: App
        let definition: String
        /// False: no longer configured. Its workspaces live on; it gets no spares and no claims.
        let isCurrent: Bool
    }

    /// Grows with every reload.
    let generation: Int
    /// In the configured order.
    let order: [AppID]
    let sites: WorkspaceSites
    private let entries: [AppID: Entry]

    init(_ rules: WorkspaceRules, after earlier: Rulebook? = nil) {
        var entries = (earlier?.entries ?? [:]).mapValues {
            Entry(app: $0.app, definition: $0.definition, isCurrent: false)
        }
        for app in rules.apps {
            let definition = app.definition(at: rules.sites)
            entries[app.id] = Entry(app: app, definition: definition, isCurrent: true)
        }
        self.entries = entries
        order = rules.apps.map(\.id)
        sites = rules.sites
        generation = (earlier?.generation ?? 0) + 1
    }

    /// Nil unless it is configured now.
    func current(_ id: AppID) -> Entry? {
        guard let entry = entries[id], entry.isCurrent else { return nil }
        return entry
    }

    /// The workspace's app as last known. One that was taken out of the configuration before this start of carrel
    /// is known by its name only: it is left alone until somebody stops it.
    func known(_ workspace: Workspace) -> Entry {
        entries[workspace.app]
            ?? Entry(
                app: App(id: workspace.app, title: workspace.app.description, engine: workspace.engine),
                definition: workspace.definition,
                isCurrent: false
            )
    }
}

/// The one place where a reload changes what everybody works by.
final class RulesInForce: Sendable {
    private let book: Mutex<Rulebook>

    init(_ rules: WorkspaceRules) { book = Mutex(Rulebook(rules)) }

    var now: Rulebook { book.withLock { $0 } }

    func replace(by rules: WorkspaceRules) {
        book.withLock { $0 = Rulebook(rules, after: $0) }
    }
}

extension App {
    /// A spare that was told `/w/<id>/` at its start does not know itself at `/`.
    fileprivate func definition(at sites: WorkspaceSites) -> String {
        sites.mode == .subdomain && prefix == .keep ? definition + "-root" : definition
    }
}
