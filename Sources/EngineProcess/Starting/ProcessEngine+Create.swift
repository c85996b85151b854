public import CarrelCore
import EngineHost
import Glibc
import Logging

extension ProcessEngine {
    public func create(_ spec: InstanceSpec) async throws -> Instance {
        let machine = try prepared()
        try check(spec, on: machine)
        let id = spec.workspace
        return try await locks.withLock(on: id) {
            if let there = try await self.livingOrEnded(id) { return there }
            do {
                try await self.start(spec, on: machine)
            } catch {
                await self.abandon(id)
                throw error
            }
            guard let instance = try await self.instance(id) else {
                throw CarrelError(.engineFailed, "The workspace was removed while it started.")
            }
            return instance
        }
    }

    private func check(_ spec: InstanceSpec, on machine: Machine) throws {
        guard !spec.app.command.isEmpty else {
            throw CarrelError(.appFailed, "The app has no command, which the process engine needs.")
        }
        if case .only = spec.app.egress {
            throw CarrelError(
                .unsupported,
                "The process engine can let an app out to the internet or nowhere, not to single networks."
            )
        }
        guard machine.isSandboxed || spec.app.port.map(PortPool.isFree) ?? true else {
            throw CarrelError(
                .engineFailed,
                "The app's port is taken: without a sandbox it must listen on {{workspace.port}}."
            )
        }
    }

    /// The one that is there already. What a crash left of a start is cleared away first.
    private func livingOrEnded(_ id: WorkspaceID) async throws -> Instance? {
        let directory = directories.instance(id)
        guard directory.exists else { return nil }
        let record = try record(id)
        if record != nil, directory.keeperRecord != nil { return try await instance(id) }
        try await remove(id, record: record)
        return nil
    }

    private func start(_ spec: InstanceSpec, on machine: Machine) async throws {
        let directory = directories.instance(spec.workspace)
        let mode: mode_t = machine.isSandboxed ? 0o700 : 0o711
        try SystemFile.makeDirectory(directory.path, mode: mode)
        var record = try decide(spec, on: machine, in: directory)
        try directory.write(record)

        for path in [directory.runtime, directory.temporary] {
            try SystemFile.makeDirectory(path, mode: 0o700, owner: record.uid)
        }
        if let slot = record.slot { try SystemFile.makeDirectory(slot, mode: 0o700, owner: record.uid) }
        let group = machine.cgroups.group(spec.workspace)
        try group.make(spec.app.resources)
        if let identity = spec.identity { try IdentityFile.write(identity, to: directory.identity, owner: record.uid) }
        var homeSource = record.slot
        if let home = spec.home {
            try mountOrNot(home, record: &record, machine: machine, directory: directory)
            if record.home?.isMounted == false { homeSource = home.location }
        }

        let plan = launchPlan(spec, record: record, machine: machine, homeSource: homeSource)
        let program = settings.initProgram
        let wall = spec.app.egress == .internet && machine.networkProgram != nil ? firewall : nil
        let outcome = try await blocking {
            if let failure = wall?.ensure() {
                throw CarrelError(
                    .engineFailed,
                    "The workspace could not be kept from this machine's own addresses, so it was not started.",
                    detail: failure
                )
            }
            return Command(arguments: [program, "keep"], input: plan.bytes).run(errors: false)
        }
        let command = spec.app.command.first?.expanded(spec.values) ?? ""
        try judge(outcome, command: command, sandboxed: machine.isSandboxed, log: directory.log)
        reservedPorts[spec.workspace] = nil
        if let keeper = directory.keeperRecord { exits.watch(spec.workspace, pid: keeper.pid) }
    }

    /// Chooses user and ports and writes down what will be done.
    private func decide(
        _ spec: InstanceSpec,
        on machine: Machine,
        in directory: InstanceDirectory
    ) throws -> InstanceRecord {
        var port = spec.app.port ?? 8888
        if !machine.isSandboxed, spec.app.port == nil {
            let used = directories.workspaces.compactMap { try? self.record($0)?.port }
            let taken = Set(used).union(reservedPorts.values.joined())
            port = try PortPool(range: settings.ports).free(besides: taken)
            reservedPorts[spec.workspace] = [port]
        }
        return InstanceRecord(
            workspace: spec.workspace,
            app: spec.app.id,
            definition: spec.definition,
            deployment: deployment,
            sandboxed: machine.isSandboxed,
            uid: machine.isRoot ? try users.take(for: directory.path) : nil,
            port: port,
            ports: spec.app.ports,
            slot: spec.app.home == nil && spec.home == nil ? nil : directories.slot(spec.workspace),
            memoryLimit: spec.app.resources.memory
        )
    }

    private func launchPlan(
        _ spec: InstanceSpec,
        record: InstanceRecord,
        machine: Machine,
        homeSource: String?
    ) -> InitSpec {
        let directory = directories.instance(spec.workspace)
        let group = machine.cgroups.group(spec.workspace)
        let mount = spec.app.home?.mount ?? spec.home?.mount
        let seenHome = machine.isSandboxed ? mount : homeSource
        let launch = AppLaunch(
            spec: spec,
            port: record.port,
            home: homeSource == nil ? nil : seenHome,
            runtime: machine.isSandboxed ? SandboxPlan.runtime : directory.runtime,
            temporary: machine.isSandboxed ? "/tmp" : directory.temporary
        )
        var plan = InitSpec()
        plan.add("directory", directory.path)
        plan.add("cwd", launch.workingDirectory)
        plan.add("log-limit", String(settings.logLimit))
        if let uid = record.uid { plan.add("uid", String(uid)) }
        plan.add("arg", launch.arguments)
        plan.add("env", launch.environment.map { "\($0.key)=\($0.value)" }.sorted())
        plan.add("join", group.joins)
        for thaw in group.thaws { plan.add("thaw", [thaw.file, thaw.text]) }
        if let file = group.killFile { plan.add("kill", file) }
        if let file = group.memoryEvents { plan.add("oom", file) }
        addLimits(spec.app.resources, to: &plan, machine: machine)
        guard let program = machine.sandboxProgram else { return plan }

        let network = spec.app.egress == .internet ? machine.networkProgram : nil
        let sandbox = SandboxPlan(
            program: program,
            isRoot: machine.isRoot,
            uid: record.uid ?? getuid(),
            visible: settings.visible,
            hidden: settings.hidden + [directories.state],
            initProgram: settings.initProgram,
            runtime: directory.runtime,
            temporary: directory.temporary,
            home: homeSource.flatMap { source in mount.map { (source, $0) } },
            hasNetwork: network != nil
        )
        plan.add("sandbox", sandbox.arguments)
        plan.add("data", sandbox.data)
        plan.add("listen", "app.sock \(record.port)")
        for (name, port) in record.ports.sorted(by: { $0.key < $1.key }) {
            plan.add("listen", "\(Self.socketName(name, in: record)) \(port)")
        }
        if let network {
            plan.add("network-uid", String(settings.uids.upperBound))
            plan.add("network", [network, "--configure", "--mtu=65520", "--disable-host-loopback"])
            plan.add("network", ["--enable-sandbox", "--netns-type=path", "@target", "tap0"])
        }
        return plan
    }

    /// Where control groups can't, the limits of single processes are better than none.
    private func addLimits(_ resources: Resources, to plan: inout InitSpec, machine: Machine) {
        if let memory = resources.memory, !machine.cgroups.limits("memory") {
            plan.add("data-limit", String(memory))
        }
        // Counted per user: of use only where each workspace is one.
        if let processes = resources.processes, machine.isRoot, !machine.cgroups.limits("pids") {
            plan.add("process-limit", String(processes))
        }
    }

    private func judge(_ outcome: Command.Outcome, command: String, sandboxed: Bool, log: String) throws {
        let words = outcome.output.split(whereSeparator: \.isWhitespace)
        switch words.first {
        case "started": return
        case "app":
            let code = words.count > 1 ? Int32(words[1]) ?? 0 : 0
            let fault = code == ENOENT ? "was not found" : "can't be started (\(String(cString: strerror(code))))"
            let isThere = sandboxed && code == ENOENT && command.hasPrefix("/") && SystemFile.exists(command)
            throw CarrelError(
                .appFailed,
                "The app's command “\(command)” \(fault).",
                detail: isThere
                    ? "It is on this machine: add its directory, and that of the interpreter in its first line, to the "
                        + "engine's `visible`" : nil
            )
        default:
            let said = SystemFile.bytes(log, last: 2000).map { String(decoding: $0, as: UTF8.self) } ?? ""
            throw CarrelError(
                .engineFailed,
                "The workspace could not be started.",
                detail: [words.joined(separator: " "), said].filter { !$0.isEmpty }.joined(separator: ": ")
            )
        }
    }

    /// After a start that failed: nothing may be left.
    private func abandon(_ id: WorkspaceID) async {
        reservedPorts[id] = nil
        do { try await remove(id, record: try? record(id)) } catch {
            logger.error(
                "A start that failed left something behind",
                metadata: ["workspace": "\(id)", "error": "\(error)"]
            )
        }
    }
}
