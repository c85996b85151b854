import CarrelCore

/// What the engine says when an image can't be had, told in sentences: one for the member, without the registry's address,
/// and the engine's own for the operator. Pure.
enum ImageFault {
    static func told(_ fault: DockerFault, _ name: ImageName, _ found: RegistryAccess.Found?) -> CarrelError {
        let said = fault.message
        let signedIn = found.map { "with credentials from \($0.source)" } ?? "without credentials"
        let detail = "fetching \(name) \(signedIn): \(withoutSecrets(fault.description, found))"
        func error(_ code: CarrelError.Code, _ sentence: String) -> CarrelError {
            CarrelError(code, sentence, detail: detail)
        }
        let lower = said.lowercased()
        func says(_ words: String...) -> Bool { words.contains { lower.contains($0) } }
        if fault.isUnreachable { return error(.engineFailed, "The container engine does not answer.") }
        if says("no space left on device") {
            return error(.engineFailed, "The machine that runs the workspaces has no disk space left.")
        }
        if says("invalid reference format", "invalid repository name") || fault.status == 400 {
            return error(.appFailed, "The app's image has a name that can't be right.")
        }
        if says("toomanyrequests", "too many requests", "rate limit") {
            return error(
                .engineFailed,
                "The app's image can't be fetched: its registry wants no more requests for now."
            )
        }
        if says("repository does not exist or may require") {
            return error(.appFailed, "The app's image does not exist, or its registry refused the sign-in.")
        }
        if says(
            "unauthorized",
            "no basic auth credentials",
            "authentication required",
            "authorization token has expired",
            "incorrect username or password",
            "access denied",
            "denied:",
            "403 forbidden",
            "401 unauthorized"
        ) {
            return error(.engineFailed, "The app's image can't be fetched: its registry refused the sign-in.")
        }
        if says("no matching manifest for", "does not match the specified platform") {
            return error(.appFailed, "The app's image is not made for the kind of machine that runs the workspaces.")
        }
        if says("not found: manifest unknown", "manifest unknown", "name unknown", "no such image") || fault.isMissing {
            return error(.appFailed, "The app's image does not exist.")
        }
        if says(
            "connection refused",
            "no such host",
            "i/o timeout",
            "client.timeout",
            "context deadline exceeded",
            "no route to host",
            "network is unreachable",
            "connection reset",
            "temporary failure in name resolution",
            "server misbehaving",
            "tls handshake",
            "x509:",
            "http response to https client",
            "unexpected eof",
            "bad gateway",
            "service unavailable"
        ) {
            return error(.engineFailed, "The app's image can't be fetched: its registry can't be reached.")
        }
        return error(.engineFailed, "The app's image can't be fetched.")
    }

    /// Nobody should repeat what was sent; if somebody does, it is not passed on.
    private static func withoutSecrets(_ text: String, _ found: RegistryAccess.Found?) -> String {
        [found?.login.password, found?.login.identityToken].compactMap { $0?.reveal() }.filter { !$0.isEmpty }
            .reduce(text) { $0.replacing($1, with: "‹secret›") }
    }
}
