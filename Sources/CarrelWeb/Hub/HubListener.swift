/// Which socket of the hub a request came in by. It decides which URLs exist and who may use them.
public enum HubListener: String, Sendable, CaseIterable {
    /// Pages, workspaces and the member's API.
    case users
    /// The console, the whole API, metrics, health and the pool-service protocol.
    case `operators`
    /// A private unix socket for the command line on the same machine: whoever reaches it acts as
    /// `Actor.commandLine`, without cookie, token or CSRF token. Must be of mode 0600 in a directory of mode 0700.
    case control
}
