/// How one Docker engine is set up: `engines.<name>` of `carrel.yaml`, and where its parts lie.
public struct DockerEngineSettings: Sendable {
    public var address: DockerAddress
    /// Directory of the slots that homes are attached to. It must have the same path for the engine and for carrel.
    public var slots: String
    /// Where the networks of workspaces get their addresses from, a /29 each: an IPv4 block, such as `10.213.0.0/16`.
    public var subnets: String
    /// The driver of the workspaces' networks.
    public var networkDriver: String
    /// What that driver is told.
    public var networkOptions: [String: String]
    /// The program `carrel-init`: it keeps volumes mounted.
    public var initProgram: String
    /// Credentials for fetching images, by registry (`registry.example.org:5000`, `docker.io`).
    public var registries: [String: RegistryLogin] = [:]
    /// A file like Docker's `config.json`, with further credentials; nil: Docker's own, if there is one.
    public var dockerConfig: String?
    /// How often it is looked at its registry whether an image's tag has moved; nil: never.
    public var imageCheck: Duration? = .seconds(600)
    /// Whether containers that others started are looked at for labels `org.carrel.expose.…`.
    public var discover = false
    /// How long an answer of the engine is waited for, where the call itself does not need longer.
    var patience = Duration.seconds(60)
    /// How often the stream of events is asked for anew: one that was cut in silence looks like one without events.
    var eventsRound = Duration.seconds(30)

    /// How long no network is touched after containers ended that were not asked to: see `Calm`.
    var calm = Duration.seconds(4)

    public init(
        address: DockerAddress = .socket("/var/run/docker.sock"),
        slots: String,
        subnets: String = "10.213.0.0/16",
        networkDriver: String = "bridge",
        networkOptions: [String: String] = [:],
        initProgram: String
    ) {
        self.address = address
        self.slots = slots
        self.subnets = subnets
        self.networkDriver = networkDriver
        self.networkOptions = networkOptions
        self.initProgram = initProgram
    }
}
