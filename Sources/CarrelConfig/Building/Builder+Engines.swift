import CarrelCore

extension Builder {
    /// In the order of their names.
    func engineRules(from value: Checked) -> [EngineRule] {
        value.entries.sorted { $0.key < $1.key }.compactMap { name, value in
            guard let name = EngineName(name), let settings = settings(from: value) else { return nil }
            return EngineRule(name: name, settings: settings)
        }
    }

    private func settings(from value: Checked) -> EngineRule.Settings? {
        let socket = path(value["socket"]?.text ?? "/var/run/docker.sock")
        switch value["kind"]?.text.flatMap(EngineRule.Kind.init(rawValue:)) {
        case .process:
            var uids: ClosedRange<UInt32> = 60_001...64_999
            if case .uids(let range)? = value["uids"]?.content { uids = range }
            return .process(
                ProcessSettings(
                    sandbox: value["sandbox"]?.text.flatMap(ProcessSettings.Sandbox.init(rawValue:)) ?? .auto,
                    visible: (value["visible"]?.texts ?? []).map(path),
                    uids: uids
                )
            )
        case .docker: return .docker(docker(from: value, socket: socket))
        case .swarm:
            let constraints = value["constraints"]?.texts ?? ["node.role == worker"]
            return .swarm(SwarmSettings(socket: socket, constraints: constraints, network: value["network"]?.text))
        case .kubernetes:
            guard let namespace = value["namespace"]?.text else { return nil }
            return .kubernetes(
                KubernetesSettings(
                    namespace: namespace,
                    kubeconfig: value["kubeconfig"]?.text.map(path),
                    storageClass: value["storage-class"]?.text
                )
            )
        case .ec2:
            guard let region = value["region"]?.text, let type = value["instance-type"]?.text else { return nil }
            return .ec2(
                EC2Settings(
                    region: region,
                    instanceType: type,
                    subnet: value["subnet"]?.text,
                    securityGroups: value["security-groups"]?.texts ?? [],
                    instanceProfile: value["instance-profile"]?.text
                )
            )
        case nil: return nil
        }
    }

    private func docker(from value: Checked, socket: String) -> DockerSettings {
        var settings = DockerSettings(socket: socket, slots: value["slots"]?.text.map(path))
        settings.subnets = value["subnets"]?.text ?? settings.subnets
        settings.networkDriver = value["network-driver"]?.text ?? settings.networkDriver
        settings.discover = value["discover"]?.flag ?? false
        settings.networkOptions = value["network-options"]?.textEntries ?? [:]
        settings.registries = (value["registries"]?.entries ?? [:]).compactMapValues { login in
            guard let username = login["username"]?.text, let password = login["password"]?.secret else { return nil }
            return RegistryCredentials(username: username, password: password)
        }
        settings.dockerConfig = value["docker-config"]?.text.map(path)
        if let check = value["image-check"] { settings.imageCheck = check.duration }
        if case .bind(let host, let port)? = value["address"]?.content, let tls = value["tls"],
            let authorities = tls["ca"]?.text, let certificate = tls["certificate"]?.text, let key = tls["key"]?.text
        {
            settings.remote = RemoteDocker(
                host: host,
                port: port,
                authorities: path(authorities),
                certificate: path(certificate),
                key: path(key)
            )
        }
        return settings
    }

    /// In the order of their names.
    func homeRules(from value: Checked) -> [HomeRule] {
        value.entries.sorted { $0.key < $1.key }.compactMap { id, value in
            guard let engine = value["engine"]?.text.flatMap({ EngineName($0) }) else { return nil }
            let quota = value["quota"]?.bytes
            var projects: ClosedRange<UInt32>?
            if case .uids(let range)? = value["projects"]?.content { projects = range }
            if let directory = value["path"]?.template {
                // The format made sure that the path keeps its template when it is resolved.
                let location = try? Template(path(directory.description))
                return location.map {
                    HomeRule(id: id, engine: engine, location: $0, kind: .directory, quota: quota, projects: projects)
                }
            }
            return value["name"]?.template.map { name in
                HomeRule(
                    id: id,
                    engine: engine,
                    location: name,
                    kind: .volume,
                    driver: value["driver"]?.text ?? "local",
                    options: value["options"]?.textEntries ?? [:],
                    quota: quota,
                    projects: projects
                )
            }
        }
    }
}
