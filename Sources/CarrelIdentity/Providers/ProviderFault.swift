import CarrelCore

/// What went wrong between Carrel and a provider of identities. `description` is for operators: it holds no token, no
/// code and no secret.
public struct ProviderFault: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
        /// It can't be reached, is too slow, or answers with an error of its own.
        case unavailable
        /// It answers, but not as its protocol says, or what it says can't be verified.
        case untrusted
        /// It says no to this sign-in, or the member did.
        case refused
        /// The code or refresh token is not good, or not good any more (`invalid_grant`).
        case spent
        /// What Carrel is configured with is not what the provider knows (`invalid_client`, `redirect_uri`).
        case configuration
    }

    public let kind: Kind
    public let description: String

    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    /// In words that a member may read. `title` is what the sign-in page calls the provider.
    func error(title: String) -> CarrelError {
        switch kind {
        case .unavailable:
            CarrelError(
                .providerFailed,
                "\(title) does not answer right now. Try again in a moment; who is signed in can work on.",
                detail: description
            )
        case .untrusted:
            CarrelError(
                .unauthenticated,
                "What \(title) answered could not be verified, so nobody was signed in. Please try again.",
                detail: description
            )
        case .refused:
            CarrelError(.unauthenticated, "\(title) did not sign you in.", detail: description)
        case .spent:
            CarrelError(
                .unauthenticated,
                "This sign-in was used already or took too long. Please try again.",
                detail: description
            )
        case .configuration:
            CarrelError(
                .providerFailed,
                "\(title) does not accept how this server is set up. An operator has to look at it.",
                detail: description
            )
        }
    }
}

/// Text that a provider, or whoever sends in its name, wrote: bounded and on one line, for a log.
func quotedForLog(_ text: String?) -> String {
    guard let text else { return "nothing" }
    let shown = text.unicodeScalars.prefix(120).map { scalar -> Character in
        scalar.value < 32 || scalar.value == 127 || scalar.value == 0x2028 || scalar.value == 0x2029
            || scalar.properties.generalCategory == .format ? " " : Character(scalar)
    }
    return "“\(String(shown))\(text.unicodeScalars.count > 120 ? "…" : "")”"
}
