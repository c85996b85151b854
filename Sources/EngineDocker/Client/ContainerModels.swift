/// `GET /containers/json`: one line of the listing.
struct ContainerSummary: Decodable, Sendable {
    var id: String
    var names: [String]
    var imageID: String?
    var state: String
    var labels: [String: String]
    var networkSettings: NetworkSettings?

    struct NetworkSettings: Decodable, Sendable {
        var networks: [String: ContainerNetwork]?
        enum CodingKeys: String, CodingKey { case networks = "Networks" }
    }

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case names = "Names"
        case imageID = "ImageID"
        case state = "State"
        case labels = "Labels"
        case networkSettings = "NetworkSettings"
    }
}

struct ContainerNetwork: Decodable, Sendable {
    var address: String?
    enum CodingKeys: String, CodingKey { case address = "IPAddress" }
}

/// `GET /containers/{id}/json`.
struct ContainerDetails: Decodable, Sendable {
    var id: String
    var name: String
    var state: State
    var config: Config
    var networkSettings: ContainerSummary.NetworkSettings?
    /// Its image's id.
    var image: String?

    struct State: Decodable, Sendable {
        /// `created`, `running`, `paused`, `restarting`, `removing`, `exited` or `dead`.
        var status: String
        var exitCode: Int32
        var oomKilled: Bool
        var error: String?
        var pid: Int32
        enum CodingKeys: String, CodingKey {
            case status = "Status"
            case exitCode = "ExitCode"
            case oomKilled = "OOMKilled"
            case error = "Error"
            case pid = "Pid"
        }
    }

    struct Config: Decodable, Sendable {
        var labels: [String: String]?
        enum CodingKeys: String, CodingKey { case labels = "Labels" }
    }

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case name = "Name"
        case state = "State"
        case config = "Config"
        case networkSettings = "NetworkSettings"
        case image = "Image"
    }
}

/// `POST /containers/create`.
struct ContainerRequest: Encodable, Sendable {
    var image: String
    /// Nil: the image's own.
    var command: [String]?
    /// Nil: the image's own, before `command`. Empty: none.
    var entrypoint: [String]?
    var environment: [String]
    var user: String?
    var workingDirectory: String?
    var labels: [String: String]
    var hostname: String?
    var host: HostConfig
    var networks: Networking?

    enum CodingKeys: String, CodingKey {
        case image = "Image"
        case command = "Cmd"
        case entrypoint = "Entrypoint"
        case environment = "Env"
        case user = "User"
        case workingDirectory = "WorkingDir"
        case labels = "Labels"
        case hostname = "Hostname"
        case host = "HostConfig"
        case networks = "NetworkingConfig"
    }

    struct Networking: Encodable, Sendable {
        var endpoints: [String: Endpoint]
        enum CodingKeys: String, CodingKey { case endpoints = "EndpointsConfig" }

        struct Endpoint: Encodable, Sendable {
            var ipam: Address?
            enum CodingKeys: String, CodingKey { case ipam = "IPAMConfig" }
        }

        struct Address: Encodable, Sendable {
            var four: String
            enum CodingKeys: String, CodingKey { case four = "IPv4Address" }
        }
    }
}

/// `HostConfig`: what the container may use of its machine.
struct HostConfig: Encodable, Sendable {
    var networkMode: String
    var mounts: [Mount] = []
    /// Bytes.
    var memory: Int64?
    /// Bytes of memory and swap together: the same as `memory` means no swap.
    var memorySwap: Int64?
    /// Billionths of a core.
    var nanoCPUs: Int64?
    var processes: Int?
    /// Bytes of `/dev/shm`.
    var sharedMemory: Int64?
    var devices: [DeviceRequest] = []
    var capDrop: [String] = ["ALL"]
    var capAdd: [String] = []
    var securityOptions: [String] = ["no-new-privileges"]
    var readOnlyRoot = false
    var temporary: [String: String] = [:]
    /// A process of Docker's reaps orphans and hands on signals.
    var initProcess: Bool?
    var limits: [Ulimit] = []
    var log = LogConfig()
    var dns: [String]?
    var dnsSearch: [String]?
    var dnsOptions: [String]?
    var groups: [String]?

    enum CodingKeys: String, CodingKey {
        case networkMode = "NetworkMode"
        case mounts = "Mounts"
        case memory = "Memory"
        case memorySwap = "MemorySwap"
        case nanoCPUs = "NanoCpus"
        case processes = "PidsLimit"
        case sharedMemory = "ShmSize"
        case devices = "DeviceRequests"
        case capDrop = "CapDrop"
        case capAdd = "CapAdd"
        case securityOptions = "SecurityOpt"
        case readOnlyRoot = "ReadonlyRootfs"
        case temporary = "Tmpfs"
        case initProcess = "Init"
        case limits = "Ulimits"
        case log = "LogConfig"
        case dns = "Dns"
        case dnsSearch = "DnsSearch"
        case dnsOptions = "DnsOptions"
        case groups = "GroupAdd"
    }

    struct Ulimit: Encodable, Sendable {
        var name: String
        var soft: Int64
        var hard: Int64
        enum CodingKeys: String, CodingKey {
            case name = "Name"
            case soft = "Soft"
            case hard = "Hard"
        }
    }

    struct DeviceRequest: Encodable, Sendable {
        var count: Int
        var capabilities = [["gpu"]]
        enum CodingKeys: String, CodingKey {
            case count = "Count"
            case capabilities = "Capabilities"
        }
    }

    /// At most 2 MB of log are kept for each container.
    struct LogConfig: Encodable, Sendable {
        var type = "json-file"
        var config = ["max-size": "1m", "max-file": "2"]
        enum CodingKeys: String, CodingKey {
            case type = "Type"
            case config = "Config"
        }
    }
}

/// One entry of `HostConfig.Mounts`.
struct Mount: Encodable, Sendable {
    /// `bind` or `volume`.
    var type: String
    var source: String
    var target: String
    var isReadOnly = false
    var bind: Bind?
    var volume: Volume?

    enum CodingKeys: String, CodingKey {
        case type = "Type"
        case source = "Source"
        case target = "Target"
        case isReadOnly = "ReadOnly"
        case bind = "BindOptions"
        case volume = "VolumeOptions"
    }

    struct Volume: Encodable, Sendable {
        /// Nothing of the image is put into an empty volume.
        var noCopy: Bool
        enum CodingKeys: String, CodingKey { case noCopy = "NoCopy" }
    }

    struct Bind: Encodable, Sendable {
        var propagation: String
        enum CodingKeys: String, CodingKey { case propagation = "Propagation" }
    }
}
