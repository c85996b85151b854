import CarrelCore

extension Builder {
    func app(from value: Checked, homes: [HomeRule], engines: [EngineRule]) -> App? {
        guard let id = value["id"]?.text.flatMap({ AppID($0) }),
            let engine = value["engine"]?.text.flatMap({ EngineName($0) })
        else { return nil }
        var app = App(id: id, title: value["title"]?.text ?? id.description, engine: engine)
        app.description = value["description"]?.text ?? ""
        app.image = value["image"]?.text
        let runsHere = engines.contains { $0.name == engine && $0.kind == .process }
        app.command = command(from: value["command"], relativeToFile: runsHere)
        app.environment = (value["environment"]?.entries ?? [:]).compactMapValues(\.environmentValue)
        app.port = value["port"]?.integer
        app.ports = (value["ports"]?.entries ?? [:]).compactMapValues(\.integer)
        app.prefix = value["prefix"]?.text.flatMap(PrefixRule.init(rawValue:)) ?? .keep
        app.headers = (value["headers"]?.entries ?? [:]).compactMapValues(\.environmentValue)
        app.ready = ReadyCheck(
            path: value["ready"]?["path"]?.text ?? "/",
            within: value["ready"]?["within"]?.duration ?? .seconds(60)
        )
        if let volume = value["home"]?["volume"]?.text, let mount = value["home"]?["mount"]?.text,
            let rule = homes.first(where: { $0.id == volume })
        {
            app.home = HomeUse(
                rule: rule,
                mount: mount,
                owner: value["home"]?["owner"]?.text.flatMap { UserNumbers($0) }
            )
        }
        app.resources = Resources(
            cpu: value["resources"]?["cpu"]?.number,
            memory: value["resources"]?["memory"]?.bytes,
            gpus: value["resources"]?["gpus"]?.integer ?? 0,
            processes: value["resources"]?["processes"]?.integer,
            sharedMemory: value["resources"]?["shared-memory"]?.bytes,
            openFiles: value["resources"]?["open-files"]?.integer
        )
        app.pool = PoolPolicy(
            spares: value["pool"]?["spares"]?.integer ?? 0,
            max: value["pool"]?["max"]?.integer,
            maxAge: value["pool"]?["max-age"]?.duration
        )
        app.idle = idle(from: value["idle"])
        app.lifetime = value["lifetime"]?.duration
        app.access = value["access"].map { people($0) }
        app.limitPerMember = value["limits"]?["per-member"]?.integer
        app.egress = egress(from: value["network"]?["egress"])
        app.origins = value["origins"]?.texts ?? []
        app.labels = value["labels"]?.textEntries ?? [:]
        app.container = container(from: value)
        return app
    }

    private func container(from value: Checked) -> ContainerRules {
        ContainerRules(
            user: value["user"]?.text.flatMap { UserNumbers($0) },
            isReadOnly: value["read-only"]?.flag ?? false,
            capabilities: value["capabilities"]?.texts ?? [],
            volumes: (value["volumes"]?.elements ?? []).compactMap { volume in
                guard let mount = volume["mount"]?.text,
                    let source = volume["name"]?.text.map(TeamVolume.Source.volume)
                        ?? volume["path"]?.text.map({ .directory(path($0)) })
                else { return nil }
                return TeamVolume(source: source, mount: mount, isReadOnly: volume["read-only"]?.flag ?? true)
            }
        )
    }

    /// Where processes run on this machine, `bin/tool` and `./data` would otherwise count from wherever carrel or the
    /// workspace happens to be. A bare `tool` is looked for in PATH.
    private func command(from value: Checked?, relativeToFile: Bool) -> [Template] {
        let words = (value?.elements ?? []).compactMap(\.template)
        guard relativeToFile else { return words }
        return words.enumerated().map { index, word in
            let text = word.description
            let isProgram = index == 0 && text.contains("/") && !text.hasPrefix("/") && !text.hasPrefix("{{")
            guard isProgram || text.hasPrefix("./") || text.hasPrefix("../") else { return word }
            return (try? Template(path(text))) ?? word
        }
    }

    private func idle(from value: Checked?) -> IdlePolicy {
        let busy = value?["busy"]
        var share: Double? = 0.05
        if case .fraction(let given)? = busy?["cpu"]?.content { share = given }
        var policy = BusyPolicy(cpu: share, over: busy?["over"]?.duration ?? .seconds(120))
        if let probe = busy?["probe"], let path = probe["path"]?.text {
            policy.probe = BusyProbe(path: path, any: probe["any"]?.textEntries ?? [:], says: probe["says"]?.text)
        }
        return IdlePolicy(
            after: value?["after"]?.duration,
            then: value?["then"]?.text.flatMap(IdleAction.init(rawValue:)) ?? .stop,
            ignore: value?["ignore"]?.texts ?? [],
            busy: policy
        )
    }

    private func egress(from value: Checked?) -> Egress {
        guard let value else { return .internet }
        if let text = value.text { return text == "none" ? .none : .internet }
        return .only(value.texts)
    }
}
