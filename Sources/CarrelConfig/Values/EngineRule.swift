public import CarrelCore

/// One configured engine.
public struct EngineRule: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        case process, docker, swarm, kubernetes, ec2
    }

    /// What each kind is told beyond its name. Paths are absolute.
    public enum Settings: Hashable, Sendable {
        case process(ProcessSettings)
        case docker(DockerSettings)
        case swarm(SwarmSettings)
        case kubernetes(KubernetesSettings)
        case ec2(EC2Settings)
    }

    public var name: EngineName
    public var settings: Settings

    public var kind: Kind {
        switch settings {
        case .process: .process
        case .docker: .docker
        case .swarm: .swarm
        case .kubernetes: .kubernetes
        case .ec2: .ec2
        }
    }
}

public struct ProcessSettings: Hashable, Sendable {
    public enum Sandbox: String, Hashable, Sendable, Codable, CaseIterable {
        /// With it where the machine can, without it elsewhere.
        case auto
        /// Not without it.
        case required
        case off
    }

    public var sandbox: Sandbox
    /// Directories and files that are visible inside, read-only, beside the system's own.
    public var visible: [String]
    /// Under root every workspace runs under a uid of its own from this range.
    public var uids: ClosedRange<UInt32>

    public init(sandbox: Sandbox, visible: [String], uids: ClosedRange<UInt32>) {
        self.sandbox = sandbox
        self.visible = visible
        self.uids = uids
    }
}

public struct DockerSettings: Hashable, Sendable {
    public var socket: String
    /// The Engine API of another machine, instead of the socket.
    public var remote: RemoteDocker?
    /// Directory of the slots that homes are attached to; nil: below the state directory.
    public var slots: String?
    /// An IPv4 block for the workspaces' networks.
    public var subnets = "10.213.0.0/16"
    public var networkDriver = "bridge"
    public var networkOptions: [String: String] = [:]
    /// Whether containers with labels `org.carrel.expose.…` are shown to members.
    public var discover = false
    /// For fetching images, by registry.
    public var registries: [String: RegistryCredentials] = [:]
    /// A file like Docker's `config.json`; nil: Docker's own, if there is one.
    public var dockerConfig: String?
    /// How often images are looked for at their registries; nil: never.
    public var imageCheck: Duration? = .seconds(600)
}

public struct RegistryCredentials: Hashable, Sendable {
    public var username: String
    public var password: Secret

    public init(username: String, password: Secret) {
        self.username = username
        self.password = password
    }
}

/// Files are PEM; paths are absolute.
public struct RemoteDocker: Hashable, Sendable {
    public var host: String
    public var port: Int
    public var authorities: String
    public var certificate: String
    public var key: String
}

public struct SwarmSettings: Hashable, Sendable {
    public var socket: String
    /// Placement constraints of every service: `node.role == worker`.
    public var constraints: [String]
    /// The overlay network; nil: made.
    public var network: String?
}

public struct KubernetesSettings: Hashable, Sendable {
    public var namespace: String
    /// Nil: the pod's own service account.
    public var kubeconfig: String?
    /// Of homes' volume claims; nil: the cluster's default.
    public var storageClass: String?
}

public struct EC2Settings: Hashable, Sendable {
    public var region: String
    public var instanceType: String
    public var subnet: String?
    public var securityGroups: [String]
    public var instanceProfile: String?
}
