import CarrelCore
import EngineHost

/// Keeps volumes mounted on the engine's machine that only a container can have mounted: those of a driver, or with
/// options. Each has a small container of its own, from its member's arrival until a while after its last use.
actor VolumeHolders {
    static let label = "org.carrel.volume"
    /// The mark of the engine's state directory: by it they are found once their carrel is gone.
    static let engineLabel = "org.carrel.engine"
    /// How long a volume stays mounted that nobody uses.
    static let keep = Duration.seconds(600)

    private let client: DockerClient
    private let deployment: String
    private let mark: String
    private let image: HoldImage
    private let clock: any WallClock
    private let locks = KeyedLock<String>()
    /// By volume. Those of an earlier carrel count as used when they are first seen.
    private var usedAt: [String: Timestamp] = [:]
    private var sweptAt: Timestamp?

    /// `mark` tells engines on one machine apart.
    init(client: DockerClient, deployment: String, mark: String, initProgram: String, clock: any WallClock) {
        self.client = client
        self.deployment = deployment
        self.mark = mark
        self.clock = clock
        image = HoldImage(program: initProgram, client: client)
    }

    /// Returns once the volume is mounted.
    func hold(_ volume: String) async throws {
        usedAt[volume] = clock.now()
        let name = Self.name(volume, deployment)
        try await locks.withLock(on: volume) {
            do {
                let there: ContainerDetails = try await self.client.get("/containers/\(name)/json")
                guard there.config.labels?[ContainerLabels.deployment] == self.deployment else {
                    throw CarrelError(.engineFailed, "The home can't be reached.", detail: "\(name) is not ours")
                }
                if there.state.status == "running" { return }
                try await self.client.delete("/containers/\(name)", ["force": "1"])
            } catch let fault as DockerFault where fault.isMissing {}
            var host = HostConfig(networkMode: "none")
            host.mounts = [Mount(type: "volume", source: volume, target: "/volume", volume: .init(noCopy: true))]
            host.readOnlyRoot = true
            host.memory = 16 << 20
            host.memorySwap = 16 << 20
            host.processes = 4
            let request = ContainerRequest(
                image: try await self.image.ready(),
                command: self.image.command,
                entrypoint: [],
                environment: [],
                user: "65534:65534",
                labels: [
                    ContainerLabels.deployment: self.deployment, Self.label: volume, Self.engineLabel: self.mark,
                ],
                host: host
            )
            try await self.client.post("/containers/create", ["name": name], body: request)
            do { try await self.client.post("/containers/\(name)/start") } catch {
                try? await self.client.delete("/containers/\(name)", ["force": "1"])
                throw error
            }
        }
    }

    /// Lets go of volumes that nobody used for a while; those in `attached` are in use. At most once a minute.
    func sweep(attached: Set<String>) async throws {
        let now = clock.now()
        for volume in attached where usedAt[volume] != nil { usedAt[volume] = now }
        if let sweptAt, now - sweptAt < .seconds(60) { return }
        sweptAt = now
        let filter = #"{"label":["\#(ContainerLabels.deployment)=\#(deployment)","\#(Self.label)"]}"#
        let rows: [ContainerSummary] = try await client.get("/containers/json", ["all": "1", "filters": filter])
        for row in rows {
            guard let volume = row.labels[Self.label], !attached.contains(volume) else { continue }
            guard let used = usedAt[volume] else {
                usedAt[volume] = now
                continue
            }
            if now - used > Self.keep { try await letGo(volume) }
        }
    }

    /// All of them: for uninstalling and for tests.
    func dismantle() async throws {
        let filter = #"{"label":["\#(ContainerLabels.deployment)=\#(deployment)","\#(Self.label)"]}"#
        let rows: [ContainerSummary] = try await client.get("/containers/json", ["all": "1", "filters": filter])
        for row in rows { try await client.delete("/containers/\(row.id)", ["force": "1"]) }
        usedAt = [:]
    }

    func letGo(_ volume: String) async throws {
        try await locks.withLock(on: volume) {
            do {
                try await self.client.delete("/containers/\(Self.name(volume, self.deployment))", ["force": "1"])
            } catch let fault as DockerFault where fault.isMissing {}
        }
        usedAt[volume] = nil
    }

    /// Volumes may be called what containers may not, and two deployments may hold the same.
    private static func name(_ volume: String, _ deployment: String) -> String {
        "carrel-volume-" + String("\(deployment)/\(volume)".utf8.fingerprint, radix: 16)
    }
}
