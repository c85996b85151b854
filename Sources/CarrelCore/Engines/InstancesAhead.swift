/// Makes parts of instances before anybody asks for them, under the ids of workspaces that don't exist yet: a workspace that
/// gets such an id starts sooner. Spares are whole instances; these cost next to nothing.
public protocol InstancesAhead: Sendable {
    /// Makes what is missing for these apps, and removes what is there for others. Called over and over; does nothing
    /// where nothing is to be done. What goes wrong is logged.
    func makeAhead(for apps: [App]) async

    /// An id for a workspace of this app, given to nobody else. Nil: there is none, any other will do. Whoever has it creates
    /// an instance of that id, or destroys it, or gives it back, or forgets it.
    func takeAhead(for app: App) async -> WorkspaceID?

    /// No workspace has got this id.
    func returnAhead(_ workspace: WorkspaceID, of app: App) async

    /// A workspace has got it, and is not going to be started soon: what was made for it counts as left over from now on.
    func forgetAhead(_ workspace: WorkspaceID) async
}
