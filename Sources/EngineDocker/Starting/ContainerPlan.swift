import CarrelCore
import EngineHost

/// What a container is made of, for one workspace. Pure.
struct ContainerPlan {
    static let runtime = "/run/carrel"
    /// What programs need that begin as root and become somebody else: no more than Docker's own list, and less.
    static let rootCapabilities = [
        "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID",
    ]

    var spec: InstanceSpec
    var image: ImageDetails
    var deployment: String
    var place: WorkspaceNetworks.Place
    /// On the engine's machine; nil: it has none, or can't be reached from here.
    var runtime: String?
    var slot: String?
    /// The home, where it can't be attached to a running container.
    var home: HomeMount?

    static func port(_ app: App) -> Int { app.port ?? 8888 }

    var request: ContainerRequest {
        let app = spec.app
        let launch = AppLaunch(
            spec: spec,
            port: Self.port(app),
            home: app.home?.mount ?? spec.home?.mount,
            runtime: Self.runtime,
            temporary: "/tmp",
            path: nil
        )
        return ContainerRequest(
            image: image.id,
            command: launch.arguments.isEmpty ? nil : launch.arguments,
            entrypoint: launch.arguments.isEmpty ? nil : [],
            environment: launch.environment.map { "\($0.key)=\($0.value)" }.sorted(),
            user: app.container.user?.description,
            labels: ContainerLabels.of(spec, image: image, deployment: deployment, port: Self.port(app)),
            hostname: "workspace",
            host: host,
            networks: place.address.map { .init(endpoints: [place.network: .init(ipam: .init(four: $0))]) }
        )
    }

    private var host: HostConfig {
        let resources = spec.app.resources
        var host = HostConfig(networkMode: place.network)
        host.mounts = mounts
        if runtime == nil { host.temporary[Self.runtime] = "mode=1777" }
        host.memory = resources.memory
        host.memorySwap = resources.memory
        host.nanoCPUs = resources.cpu.map { Int64($0 * 1e9) }
        host.processes = resources.processes
        if resources.gpus > 0 { host.devices = [.init(count: resources.gpus)] }
        if startsAsRoot { host.capAdd = Self.rootCapabilities }
        host.capAdd += spec.app.container.capabilities
        host.initProcess = true
        host.limits = [.init(name: "core", soft: 0, hard: 0)]
        if let files = resources.openFiles {
            host.limits.append(.init(name: "nofile", soft: Int64(files), hard: Int64(files)))
        }
        host.sharedMemory = resources.sharedMemory
        if spec.app.container.isReadOnly {
            host.readOnlyRoot = true
            host.temporary["/tmp"] = "mode=1777,nosuid,nodev"
        }
        host.dns = place.dns
        host.dnsOptions = place.dnsOptions
        return host
    }

    private var startsAsRoot: Bool {
        if let user = spec.app.container.user { return user.uid == 0 }
        let user = image.config?.user ?? ""
        return user.isEmpty || user == "root" || UserNumbers(user)?.uid == 0
    }

    private var mounts: [Mount] {
        var list: [Mount] = []
        if let runtime { list.append(Mount(type: "bind", source: runtime, target: Self.runtime)) }
        if let slot, let target = spec.app.home?.mount ?? spec.home?.mount {
            list.append(Mount(type: "bind", source: slot, target: target, bind: .init(propagation: "rslave")))
        } else if let home {
            list.append(Mount(type: home.driver == nil ? "bind" : "volume", source: home.location, target: home.mount))
        }
        for volume in spec.app.container.volumes {
            let (type, source) =
                switch volume.source {
                case .volume(let name): ("volume", name)
                case .directory(let path): ("bind", path)
                }
            list.append(Mount(type: type, source: source, target: volume.mount, isReadOnly: volume.isReadOnly))
        }
        return list
    }
}
