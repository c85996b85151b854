import AsyncHTTPClient
import CarrelConfig
import CarrelCore
import CarrelGateway
import CarrelIdentity
import CarrelSQLite
import CarrelWeb
import CarrelWorkspaces
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// Every part of a running Carrel, built once from a configuration. Nothing runs yet.
final class Parts: Sendable {
    let file: String
    let state: StateDirectory
    let store: SQLiteStore
    let httpClient: HTTPClient
    let signIn: SignIn
    let workspaces: Workspaces
    /// Services that others run, where the configuration wants them.
    let exposed: ExposedServices
    let gateway: Gateway
    let hubs: [any Service]
    /// Open once each hub answers on its socket.
    let hubsListen: [Latch]
    /// Open once the gateway takes connections.
    let gatewayListens: Latch
    let reloader: Reloader
    let resumer: Resumer
    let lock: StateLock
    /// Passed by everything that members ask of the hub.
    let gate: HubGate
    /// What the hub does by itself.
    let reconciling = Interruptible()
    let following = Interruptible()
    let rechecking = Interruptible()
    /// Processes that handed over to this one, or to one before it.
    let elders: Elders
    let eldersListen = Latch()
    /// Nil: this process starts on its own.
    let taking: Taking?
    let giving: Giving
    let successor: SuccessorLink
    /// Opens when this process is to stop.
    let ending: Latch
    let certificates: ListenerCertificates
    let logger: Logger
    private let current: CurrentConfiguration

    var configuration: Configuration { current.value }

    init(_ loaded: LoadedConfiguration, taking: Taking? = nil, logger: Logger) async throws {
        let configuration = loaded.configuration
        let current = CurrentConfiguration(configuration)
        // First: nothing is prepared for a server that could not be reached.
        let certificates = try ListenerCertificates(configuration)
        for warning in certificates.warnings(configuration) { logger.warning("\(warning)") }
        let state = try StateDirectory(preparing: configuration.state)
        lock = try taking?.lock ?? state.lock()
        let keys = try SigningKeyFile.load(state: state.path)
        let store = try SQLiteStore.open(path: state.database)
        let clock = SystemClock()
        let signIn = SignIn(
            store: store,
            rules: configuration.signInRules,
            keys: keys,
            deployment: configuration.deployment,
            listener: "users",
            http: ProviderClient(),
            logger: logger
        )
        try await signIn.refresh()
        let operatorsSignIn = signIn.listening(as: "operators")
        let httpClient = HTTPAppProbe.makeClient(logger: logger)
        let gate = HubGate()
        let ending = Latch()
        let giving = Giving()
        let successor = SuccessorLink()
        let resumer = Resumer(gate: gate, successor: successor)
        let gateway = Gateway(
            configuration: configuration.gatewayConfiguration(state: state, certificates: certificates),
            questions: GatewayQuestions(
                authorize: { credential in
                    switch credential {
                    case .cookie(let value): signIn.authorize(.cookie(value))
                    case .workspaceCookie(let value): signIn.authorize(.workspaceCookie(value))
                    case .bearer(let secret): signIn.authorize(.bearer(secret))
                    }
                },
                resolve: { await resumer.resume($0) }
            ),
            clock: clock,
            logger: logger
        )
        let elders = Elders(gateway: gateway, signIn: signIn)
        let engines = try EngineList.make(of: configuration, state: state, logger: logger)
        let workspaces = Workspaces(
            store: store,
            engines: engines,
            routes: elders,
            probe: HTTPAppProbe(client: httpClient),
            rules: configuration.workspaceRules,
            clock: clock,
            logger: logger
        )
        resumer.connect(to: workspaces)
        let exposed = ExposedServices(
            EngineList.listings(engines, configuration),
            routes: elders,
            deployment: configuration.deployment,
            questions: .init(
                users: { try await store.users() },
                admits: { Permissions.admits($0, isOperator: signIn.isOperator($0), to: $1) },
                refuses: { configuration.refusal(ofService: $0) }
            ),
            clock: clock,
            logger: logger
        )
        let reloader = Reloader(
            file: loaded.file,
            current: current,
            signIn: signIn,
            workspaces: workspaces,
            gateway: gateway,
            certificates: certificates,
            logger: logger
        )
        let gatewayListens = Latch()
        var hubs: [any Service] = []
        var latches: [Latch] = []
        for listener in HubListener.allCases {
            let latch = Latch()
            latches.append(latch)
            let services = HubServices(
                signIn: listener == .operators ? operatorsSignIn : signIn,
                workspaces: workspaces,
                clock: clock,
                settings: { current.value.hubSettings(for: listener) },
                users: { try await store.users() },
                record: { try await store.record(after: $0, limit: $1) },
                usage: { try await store.usage(from: $0, to: $1) },
                unready: {
                    await Readiness.sentence(
                        store: store,
                        state: state,
                        workspaces: workspaces,
                        gatewayListens: gatewayListens
                    )
                },
                reload: { try await reloader.reload() },
                takeOver: { try giving.begin($0) },
                isRouted: { await gateway.traffic(of: $0) != nil },
                exposed: exposed,
                gate: gate,
                ending: ending
            )
            hubs.append(
                try buildHub(
                    listener,
                    services: services,
                    address: .unixDomainSocket(path: state.ownSocket(listener.rawValue)),
                    onServerRunning: { latch.open() },
                    logger: logger
                )
            )
        }
        // Nobody waits for it: who was signed out must not be held up by who signs out.
        signIn.onChange {
            elders.tellCredentials()
            exposed.poke()
            Task { await gateway.credentialsChanged() }
        }
        file = loaded.file
        self.state = state
        self.store = store
        self.httpClient = httpClient
        self.signIn = signIn
        self.workspaces = workspaces
        self.exposed = exposed
        self.gateway = gateway
        self.hubs = hubs
        hubsListen = latches
        self.gatewayListens = gatewayListens
        self.reloader = reloader
        self.resumer = resumer
        self.gate = gate
        self.ending = ending
        self.elders = elders
        self.taking = taking
        self.giving = giving
        self.successor = successor
        self.certificates = certificates
        self.logger = logger
        self.current = current
    }

}
