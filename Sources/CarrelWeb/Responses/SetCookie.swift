import CarrelCore

/// A `Set-Cookie` line of ours: for the whole host, out of reach of scripts and of other sites' forms.
enum SetCookie {
    /// `lasts` nil: until the browser is closed; zero removes it.
    static func line(_ name: String, _ value: String, lasts: Duration?, isSecure: Bool) -> String {
        var line = "\(name)=\(value); Path=/; HttpOnly; SameSite=Lax"
        if let lasts { line += "; Max-Age=\(max(0, lasts.milliseconds / 1000))" }
        return isSecure ? line + "; Secure" : line
    }
}
