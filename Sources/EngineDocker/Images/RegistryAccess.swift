import CarrelCore
import EngineHost

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Where credentials for registries come from. They are looked up anew for every fetch: some end after hours.
struct RegistryAccess: Sendable {
    /// Credentials, and where they come from, for the operator.
    struct Found: Sendable {
        var login: RegistryLogin
        var source: String
    }

    /// From `carrel.yaml`, by registry: these count before all others.
    var registries: [String: RegistryLogin] = [:]
    /// A file like Docker's `config.json`.
    var configFile: String?
    /// Whether the file must be there.
    var isRequired = false
    var helperDirectories = CredentialHelper.searchPath
    var helperPatience = Duration.seconds(30)

    init(_ settings: DockerEngineSettings) {
        for (name, login) in settings.registries { registries[ImageName.canonical(registry: name)] = login }
        configFile = settings.dockerConfig ?? Self.standardFile()
        isRequired = settings.dockerConfig != nil
    }

    /// Where Docker's own command line has it.
    static func standardFile(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> String? {
        if let directory = environment["DOCKER_CONFIG"], !directory.isEmpty { return directory + "/config.json" }
        return environment["HOME"].flatMap { $0.isEmpty ? nil : $0 + "/.docker/config.json" }
    }

    /// Nil: there are none, and the registry may let everybody in. Throws with a sentence where they should be and can't be
    /// had.
    func login(for registry: String) async throws -> Found? {
        if let login = registries[registry] { return Found(login: login, source: "the configuration's `registries`") }
        return try await blocking { try fromFile(registry) }
    }

    private func fromFile(_ registry: String) throws -> Found? {
        guard let path = configFile, let file = try read(path) else { return nil }
        if let (name, server) = file.helper(for: registry) {
            let helper = CredentialHelper(name: name, directories: helperDirectories, patience: helperPatience)
            do {
                if let login = try helper.login(at: server) { return Found(login: login, source: helper.program) }
            } catch {
                throw Self.refusal("\(helper.program), for \(registry), \(error.what)")
            }
        }
        return file.login(for: registry).map { Found(login: $0, source: path) }
    }

    /// Nil if there is none, and need not be.
    private func read(_ path: String) throws -> DockerConfigFile? {
        guard let bytes = SystemFile.bytes(path) else {
            if !isRequired, !SystemFile.exists(path) { return nil }
            throw Self.refusal("\(path) can't be read")
        }
        do { return try DockerConfigFile(bytes) } catch { throw Self.refusal("\(path) is no file of Docker's") }
    }

    private static func refusal(_ why: String) -> CarrelError {
        CarrelError(
            .engineFailed,
            "The app's image can't be fetched: the sign-in at its registry could not be prepared.",
            detail: why
        )
    }

    /// What an operator should know before the first fetch.
    func findings() -> [EngineFinding] {
        guard let path = configFile else { return [] }
        do {
            _ = try read(path)
            return []
        } catch {
            let detail = (error as? CarrelError)?.detail ?? "\(error)"
            return [EngineFinding(.warning, "images can't be fetched: \(detail)")]
        }
    }

    /// How credential stores know a registry: Docker's own has an address for a name.
    static func serverAddress(_ registry: String) -> String {
        registry == ImageName.dockerHub ? "https://index.docker.io/v1/" : registry
    }
}
