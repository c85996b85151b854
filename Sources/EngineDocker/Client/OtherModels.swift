import CarrelCore

/// `GET /info`, the part that matters here.
struct EngineInfo: Decodable, Sendable {
    var securityOptions: [String]?
    var liveRestore: Bool?
    var memoryLimit: Bool?
    var swapLimit: Bool?
    var pidsLimit: Bool?
    var cpuLimit: Bool?
    var rootDirectory: String?

    /// Owners inside containers are others outside.
    var remapsUsers: Bool {
        (securityOptions ?? []).contains { $0.contains("name=userns") || $0.contains("name=rootless") }
    }

    enum CodingKeys: String, CodingKey {
        case securityOptions = "SecurityOptions"
        case liveRestore = "LiveRestoreEnabled"
        case memoryLimit = "MemoryLimit"
        case swapLimit = "SwapLimit"
        case pidsLimit = "PidsLimit"
        case cpuLimit = "CpuCfsQuota"
        case rootDirectory = "DockerRootDir"
    }
}

/// `GET /version`.
struct EngineVersion: Decodable, Sendable {
    var version: String
    var apiVersion: String
    var components: [Component]?

    struct Component: Decodable, Sendable {
        var name: String
        enum CodingKeys: String, CodingKey { case name = "Name" }
    }

    var isPodman: Bool { (components ?? []).contains { $0.name.contains("Podman") } }

    enum CodingKeys: String, CodingKey {
        case version = "Version"
        case apiVersion = "ApiVersion"
        case components = "Components"
    }
}

/// `GET /images/{name}/json`.
struct ImageDetails: Decodable, Sendable {
    var id: String
    var digests: [String]?
    var config: Config?

    struct Config: Decodable, Sendable {
        var user: String?
        var command: [String]?
        var entrypoint: [String]?
        enum CodingKeys: String, CodingKey {
            case user = "User"
            case command = "Cmd"
            case entrypoint = "Entrypoint"
        }
    }

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case digests = "RepoDigests"
        case config = "Config"
    }
}

/// `GET /volumes/{name}`, and what `POST /volumes/create` answers.
struct VolumeDetails: Decodable, Sendable {
    var name: String
    var driver: String
    /// On the engine's machine; empty where the driver does not say.
    var mountpoint: String
    var options: [String: String]?
    var labels: [String: String]?
    enum CodingKeys: String, CodingKey {
        case name = "Name"
        case driver = "Driver"
        case mountpoint = "Mountpoint"
        case options = "Options"
        case labels = "Labels"
    }
}

/// `POST /volumes/create`.
struct VolumeRequest: Encodable, Sendable {
    var name: String
    var driver: String
    var options: [String: String]
    var labels: [String: String]
    enum CodingKeys: String, CodingKey {
        case name = "Name"
        case driver = "Driver"
        case options = "DriverOpts"
        case labels = "Labels"
    }
}

/// `GET /containers/{id}/stats`.
struct ContainerStats: Decodable, Sendable {
    var cpu: CPU?
    var memory: Memory?
    var processes: Processes?

    struct CPU: Decodable, Sendable {
        var usage: Usage?
        struct Usage: Decodable, Sendable {
            /// Nanoseconds since its start.
            var total: UInt64
            enum CodingKeys: String, CodingKey { case total = "total_usage" }
        }
        enum CodingKeys: String, CodingKey { case usage = "cpu_usage" }
    }

    struct Memory: Decodable, Sendable {
        /// Bytes, with the pages of files.
        var usage: Int64?
        var stats: [String: Int64]?

        /// Without what the kernel can drop at any time, as `docker stats` counts it.
        var resident: Int64 {
            max(0, (usage ?? 0) - (stats?["total_inactive_file"] ?? stats?["inactive_file"] ?? 0))
        }
    }

    struct Processes: Decodable, Sendable { var current: Int? }

    enum CodingKeys: String, CodingKey {
        case cpu = "cpu_stats"
        case memory = "memory_stats"
        case processes = "pids_stats"
    }
}

/// One line of `GET /events`.
struct EngineEvent: Decodable, Sendable {
    var type: String
    var action: String
    var actor: Actor
    /// Billionths of a second since 1970, by the engine's clock.
    var time: Int64?

    struct Actor: Decodable, Sendable {
        var id: String?
        var attributes: [String: String]?
        enum CodingKeys: String, CodingKey {
            case id = "ID"
            case attributes = "Attributes"
        }
    }

    enum CodingKeys: String, CodingKey {
        case type = "Type"
        case action = "Action"
        case actor = "Actor"
        case time = "timeNano"
    }
}

/// `POST /networks/create`.
struct NetworkRequest: Encodable, Sendable {
    var name: String
    var driver: String
    var checkDuplicate = true
    var isInternal: Bool
    var labels: [String: String]
    var options: [String: String]
    var addresses: Addresses?

    struct Addresses: Encodable, Sendable {
        var config: [[String: String]]
        enum CodingKeys: String, CodingKey { case config = "Config" }
    }

    enum CodingKeys: String, CodingKey {
        case name = "Name"
        case driver = "Driver"
        case checkDuplicate = "CheckDuplicate"
        case isInternal = "Internal"
        case labels = "Labels"
        case options = "Options"
        case addresses = "IPAM"
    }
}

/// One network of `GET /networks`.
struct NetworkDetails: Decodable, Sendable {
    var id: String
    var name: String
    var driver: String?
    var labels: [String: String]?
    var options: [String: String]?
    var addresses: Addresses?

    struct Addresses: Decodable, Sendable {
        var config: [[String: String]]?
        enum CodingKeys: String, CodingKey { case config = "Config" }
    }

    var subnets: [String] { (addresses?.config ?? []).compactMap { $0["Subnet"] } }

    /// Whose it is; nil if it is none of ours.
    var workspace: WorkspaceID? { labels?[ContainerLabels.workspace].flatMap { WorkspaceID($0) } }

    /// The interface of its machine that it goes through; nil if it is no bridge.
    var bridge: String? {
        driver == "bridge" ? options?[BridgeName.option] ?? "br-" + id.prefix(12) : nil
    }

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case name = "Name"
        case driver = "Driver"
        case labels = "Labels"
        case options = "Options"
        case addresses = "IPAM"
    }
}

/// `GET /containers/{id}/top`: what `ps` says, with its own titles.
struct ContainerProcesses: Decodable, Sendable {
    var titles: [String]
    var processes: [[String]]

    func column(_ title: String) -> [String] {
        guard let index = titles.firstIndex(of: title) else { return [] }
        return processes.compactMap { $0.indices.contains(index) ? $0[index] : nil }
    }

    enum CodingKeys: String, CodingKey {
        case titles = "Titles"
        case processes = "Processes"
    }
}
