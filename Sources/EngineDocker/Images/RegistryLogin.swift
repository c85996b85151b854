public import CarrelCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What proves at a registry who fetches.
public struct RegistryLogin: Hashable, Sendable {
    public var username: String
    public var password: Secret
    /// Instead of a password: a token that the registry gave out at a sign-in.
    var identityToken: Secret?

    public init(username: String, password: Secret) {
        self.username = username
        self.password = password
    }

    init(username: String, identityToken: Secret) {
        self.username = username
        password = Secret("")
        self.identityToken = identityToken
    }

    /// The value of `X-Registry-Auth` (https://docs.docker.com/engine/api/v1.41/#section/Authentication).
    func header(for registry: String) throws -> String {
        let data = try JSONEncoder().encode(
            Wire(
                username: username,
                password: password.reveal(),
                serveraddress: RegistryAccess.serverAddress(registry),
                identitytoken: identityToken?.reveal()
            )
        )
        return data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
    }

    private struct Wire: Encodable {
        var username: String
        var password: String
        var serveraddress: String
        var identitytoken: String?
    }
}
