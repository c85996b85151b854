/// What Carrel's cookies are called. Cookies ignore ports, so the name tells listeners of one host apart; and over
/// https the prefix `__Host-` (RFC 6265bis section 4.1.3.2) keeps neighbouring names from setting them.
public enum CookieNames {
    /// The signed-in session: `carrel-main-users-8080`, with `__Host-` before it if `secure`. The port is the one that
    /// browsers see. `secure`: browsers use https; then the cookie must have `Secure`, `Path=/` and no `Domain`.
    public static func session(deployment: String, listener: String, port: Int, secure: Bool) -> String {
        (secure ? "__Host-" : "") + "carrel-\(plain(deployment))-\(plain(listener))-\(port)"
    }

    /// The random value that CSRF tokens are bound to before anybody signed in.
    public static func visitor(deployment: String, listener: String, port: Int, secure: Bool) -> String {
        session(deployment: deployment, listener: listener, port: port, secure: secure) + "-visitor"
    }

    /// On workspaces' own names: how their cookies' names begin (`WorkspaceSites.cookieName`).
    public static func workspace(deployment: String, port: Int, secure: Bool) -> String {
        (secure ? "__Host-" : "") + "carrel-\(plain(deployment))-workspace-\(port)"
    }

    /// Characters that a cookie's name may not have (RFC 9110 `token`, and a few more) become hyphens.
    private static func plain(_ text: String) -> String {
        let kept = text.utf8.map { byte -> UInt8 in
            switch byte {
            case 48...57, 65...90, 97...122, 45, 46, 95: byte
            default: 45
            }
        }
        return String(decoding: kept, as: UTF8.self)
    }
}
