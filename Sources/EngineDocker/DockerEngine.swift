public import CarrelCore
import EngineHost
import Glibc
public import Logging

/// Runs workspaces as containers of one Docker Engine (or Podman), each in a network of its own, spoken to through the
/// Engine API.
///
/// What a container can't tell of itself (its slot, its home) lies in `stateDirectory`, so that another engine object on it
/// sees the same.
public actor DockerEngine: Engine {
    public nonisolated let name: EngineName
    public nonisolated let kind = "docker"

    let deployment: String
    let settings: DockerEngineSettings
    let logger: Logger
    nonisolated let directories: ContainerDirectories
    nonisolated let client: DockerClient
    nonisolated let networks: WorkspaceNetworks
    nonisolated let holders: VolumeHolders
    nonisolated let access: RegistryAccess
    nonisolated let pulls: ImagePulls
    var looks: [ImageName: ImageLook] = [:]
    let locks = KeyedLock<WorkspaceID>()
    var host: DockerHost?
    /// Why nothing was made ahead when that was tried last.
    var aheadTrouble: String?

    /// `stateDirectory` is this engine's alone and may be empty; nothing happens before `prepare`.
    public init(
        name: EngineName,
        deployment: String,
        stateDirectory: String,
        settings: DockerEngineSettings,
        clock: any WallClock = SystemClock(),
        logger: Logger
    ) {
        self.name = name
        self.deployment = deployment
        self.settings = settings
        self.logger = logger
        directories = ContainerDirectories(state: stateDirectory, slots: settings.slots)
        client = DockerClient(settings.address, patience: settings.patience)
        networks = WorkspaceNetworks(
            client: client,
            deployment: deployment,
            settings: settings,
            mark: stateDirectory.utf8.fingerprintDigits
        )
        holders = VolumeHolders(
            client: client,
            deployment: deployment,
            mark: stateDirectory.utf8.fingerprintDigits,
            initProgram: settings.initProgram,
            clock: clock
        )
        access = RegistryAccess(settings)
        pulls = ImagePulls(client: client, access: access, logger: logger)
    }

    /// What the engine's machine can do. Throws before `prepare`.
    func prepared() throws -> DockerHost {
        guard let host else { throw CarrelError(.internal, "The container engine was not prepared.") }
        return host
    }

    public var capabilities: EngineCapabilities {
        get async {
            EngineCapabilities(
                pause: self,
                attachHome: host?.canAttach == true ? self : nil,
                logs: self,
                stats: self,
                events: self,
                preparing: self,
                images: self,
                exposed: settings.discover && host?.isThisMachine == true ? self : nil,
                homes: self,
                shells: self,
                ahead: self
            )
        }
    }

    public func prepare() async throws {
        guard host == nil else { return }
        var found = try await DockerHost.find(client, address: settings.address)
        do {
            for path in [directories.state, directories.instances, directories.slots] {
                try makePath(path)
            }
        } catch {
            throw CarrelError(
                .engineFailed,
                "The container engine's state directory can't be written.",
                detail: error.description
            )
        }
        let directories = directories
        let probed = found
        found = try await blocking {
            var host = probed
            host.findMounts(slots: directories.slots, scratch: directories.scratch)
            return host
        }
        found.findings += try await networks.prepare(known: Set(directories.workspaces))
        found.findings += try await blocking { [access] in access.findings() }
        host = found
        for finding in found.findings {
            logger.log(level: finding.severity == .error ? .error : .warning, "engine \(name): \(finding.message)")
        }
    }

    private func makePath(_ path: String) throws(SystemFile.Failure) {
        var made = ""
        for part in path.split(separator: "/") {
            made += "/\(part)"
            if !SystemFile.exists(made) { try SystemFile.makeDirectory(made, mode: 0o700) }
        }
    }

    public func findings() async -> [EngineFinding] {
        if let host { return await host.findings + [networks.trouble].compactMap(\.self) }
        do {
            let host = try await DockerHost.find(client, address: settings.address)
            let ofCredentials = try await blocking { [access] in access.findings() }
            return try await host.findings + networks.surveyed() + ofCredentials
        } catch {
            let told = error as? CarrelError
            return [EngineFinding(.error, [told?.message, told?.detail].compactMap(\.self).joined(separator: " "))]
        }
    }

    /// Removes a volume with its files, if this deployment made it. For trials: a home outlives its workspaces.
    public func removeVolume(_ name: String) async throws {
        do {
            try await holders.letGo(name)
            let volume: VolumeDetails = try await client.get("/volumes/\(name)")
            guard volume.labels?[ContainerLabels.deployment] == deployment else { return }
            try await client.delete("/volumes/\(name)")
        } catch let fault as DockerFault where fault.isMissing {} catch let fault as DockerFault {
            throw fault.told("The volume could not be removed.")
        }
    }

    /// Takes back what `prepare` did to the machine (mounts, firewall), if no instance is left. For uninstalling and for
    /// tests; a stop of Carrel leaves it all.
    public func dismantle() async throws {
        guard try await instances().isEmpty else { return }
        try await networks.dismantle()
        try await holders.dismantle()
        let directories = directories
        try await blocking { _ = unmount(directories.slots) }
        host = nil
    }
}
