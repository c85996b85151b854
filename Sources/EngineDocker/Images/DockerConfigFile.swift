import CarrelCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What Docker's `config.json` says of credentials
/// (https://docs.docker.com/reference/cli/docker/login/#credential-stores). Pure.
struct DockerConfigFile: Sendable {
    private var auths: [String: Entry] = [:]
    private var store: String?
    private var helpers: [String: String] = [:]

    private struct File: Decodable {
        var auths: [String: Entry]?
        var credsStore: String?
        var credHelpers: [String: String]?
    }

    fileprivate struct Entry: Decodable, Sendable {
        var auth: String?
        var username: String?
        var password: String?
        var identitytoken: String?
    }

    /// Throws if it is no such file; what it throws says nothing of what the file holds.
    init(_ bytes: [UInt8]) throws {
        guard let file = try? JSONDecoder().decode(File.self, from: Data(bytes)) else { throw NotReadable() }
        auths = file.auths ?? [:]
        store = file.credsStore.flatMap { $0.isEmpty ? nil : $0 }
        helpers = file.credHelpers ?? [:]
    }

    struct NotReadable: Error {}

    /// The helper that is to be asked, and how it knows the registry; nil: none.
    func helper(for registry: String) -> (name: String, server: String)? {
        // The key exactly as it stands: the helper keeps it under that.
        for (key, name) in helpers.sorted(by: { $0.key < $1.key }) where ImageName.canonical(registry: key) == registry
        {
            return (name, key)
        }
        return store.map { ($0, RegistryAccess.serverAddress(registry)) }
    }

    /// What stands in the file itself.
    func login(for registry: String) -> RegistryLogin? {
        let exact = auths[registry].map { [$0] } ?? []
        let others = auths.sorted { $0.key < $1.key }.filter { ImageName.canonical(registry: $0.key) == registry }
        return (exact + others.map(\.value)).lazy.compactMap(\.login).first
    }
}

extension DockerConfigFile.Entry {
    fileprivate var login: RegistryLogin? {
        var (name, word) = (username ?? "", password ?? "")
        if let auth, let data = Data(base64Encoded: auth) {
            let parts = String(decoding: data, as: UTF8.self).split(
                separator: ":",
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            guard parts.count == 2 else { return nil }
            name = String(parts[0])
            // Old versions filled up with zeros.
            word = String(parts[1].prefix { $0 != "\0" })
        }
        if let identitytoken, !identitytoken.isEmpty {
            return RegistryLogin(username: name, identityToken: Secret(identitytoken))
        }
        return name.isEmpty || word.isEmpty ? nil : RegistryLogin(username: name, password: Secret(word))
    }
}
