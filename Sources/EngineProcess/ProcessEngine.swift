public import CarrelCore
import EngineHost
import Glibc
public import Logging

/// Runs workspaces as processes of this machine: each a tree below its own `carrel-init`, which outlives Carrel; under
/// root each as a user of its own; with bubblewrap each in namespaces of its own, reached through a unix socket.
///
/// Everything it knows lies in `stateDirectory`, so that another engine object on it (after a restart) sees the same.
public actor ProcessEngine: Engine {
    public nonisolated let name: EngineName
    public nonisolated let kind = "process"

    let deployment: String
    nonisolated let directories: EngineDirectories
    let settings: ProcessEngineSettings
    let clock: any WallClock
    let logger: Logger
    let locks = KeyedLock<WorkspaceID>()
    nonisolated let exits: ExitWatch
    var machine: Machine?
    /// Ports of workspaces that are just being started.
    var reservedPorts: [WorkspaceID: Set<Int>] = [:]

    /// `stateDirectory` is this engine's alone and may be empty; nothing happens before `prepare`.
    public init(
        name: EngineName,
        deployment: String,
        stateDirectory: String,
        settings: ProcessEngineSettings,
        clock: any WallClock = SystemClock(),
        logger: Logger
    ) {
        self.name = name
        self.deployment = deployment
        self.settings = settings
        self.clock = clock
        self.logger = logger
        // One spelling of the path: it names what belongs to this deployment.
        var path = stateDirectory
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        directories = EngineDirectories(state: path)
        exits = ExitWatch()
    }

    /// What the machine can do. Throws before `prepare`.
    func prepared() throws -> Machine {
        guard let machine else { throw CarrelError(.internal, "The process engine was not prepared.") }
        return machine
    }

    public var capabilities: EngineCapabilities {
        get async {
            EngineCapabilities(
                pause: self,
                attachHome: machine?.canAttach == true ? self : nil,
                logs: self,
                stats: self,
                events: self,
                homes: self
            )
        }
    }

    public func prepare() async throws {
        guard machine == nil else { return }
        guard directories.state.hasPrefix("/") else {
            throw CarrelError(.engineFailed, "The process engine's state directory must be an absolute path.")
        }
        try checkInitProgram()
        var found = Machine()
        found.isRoot = geteuid() == 0
        try found.findSandbox(settings.sandbox)
        try makeDirectories(sandboxed: found.isSandboxed)
        let directories = directories
        let firewall = firewall
        let group = cgroupParent
        let uid = settings.uids.lowerBound
        let probe = found
        var ready = try await blocking {
            var machine = probe
            machine.findCgroups(parent: group)
            machine.findNetwork(firewall)
            machine.findMounts(slots: directories.slots, scratch: directories.scratch, uid: uid)
            return machine
        }
        noteClosedParent(&ready)
        machine = ready
        for finding in ready.findings {
            logger.log(
                level: finding.severity == .error ? .error : .warning,
                "engine \(name): \(finding.message)"
            )
        }
        adopt()
    }

    /// Before `prepare`: what it would find, told from what can be tried without a change.
    public func findings() async -> [EngineFinding] {
        var findings: [EngineFinding] = if let machine { machine.findings } else { await surveyed() }
        for workspace in directories.workspaces {
            do { _ = try directories.instance(workspace).readRecord() } catch {
                findings.append(
                    EngineFinding(.error, "The record of \(workspace) can't be read; it is left alone: \(error)")
                )
            }
        }
        return findings
    }

    public func instances() async throws -> [Instance] {
        _ = try prepared()
        var list: [Instance] = []
        for workspace in directories.workspaces {
            if let instance = try? await instance(workspace) { list.append(instance) }
        }
        return list
    }

    /// Takes back what `prepare` did to the machine (mounts, control groups, firewall), if no instance is left.
    /// For uninstalling and for tests; a stop of Carrel leaves it all.
    public func dismantle() async throws {
        guard let machine, directories.workspaces.isEmpty else { return }
        let directories = directories
        let firewall = firewall
        try await blocking {
            machine.cgroups.removeParents()
            if machine.networkProgram != nil { firewall.remove() }
            unmount(directories.slots)
        }
        self.machine = nil
    }

    var firewall: Firewall { Firewall(chain: "CARREL-\(directories.fingerprint)", uid: settings.uids.upperBound) }
    var users: UserPool { UserPool(uids: settings.uids) }

    var cgroupParent: String {
        let label = deployment.unicodeScalars.map { scalar in
            scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
                ? Character(scalar) : "-"
        }
        return "carrel-\(String(label.prefix(40)))-\(directories.fingerprint)"
    }

    func checkInitProgram() throws {
        guard !SystemFile.isExecutable(settings.initProgram) else { return }
        throw CarrelError(
            .engineFailed,
            "The program carrel-init is missing; it belongs beside carrel.",
            detail: settings.initProgram
        )
    }

    func noteClosedParent(_ machine: inout Machine) {
        guard machine.isRoot, !machine.isSandboxed, let closed = firstClosedParent() else { return }
        machine.findings.append(
            EngineFinding(
                .error,
                "\(closed) may not be entered by workspaces' users: without a sandbox apps can't start. Install "
                    + "bubblewrap, or keep `state` elsewhere, such as in /var/lib/carrel."
            )
        )
    }

    private func makeDirectories(sandboxed: Bool) throws {
        do {
            // Without a sandbox the apps themselves must come through to their runtime directory.
            let mode: mode_t = sandboxed ? 0o700 : 0o711
            if !SystemFile.exists(directories.state) { try SystemFile.makeDirectory(directories.state, mode: mode) }
            if !sandboxed { openForPassing(directories.state) }
            try SystemFile.makeDirectory(directories.instances, mode: mode)
            try SystemFile.makeDirectory(directories.slots, mode: mode)
        } catch {
            throw CarrelError(
                .engineFailed,
                "The process engine can't write to its state directory.",
                detail: error.description
            )
        }
        // sockaddr_un holds 108 bytes with the final NUL (unix(7)).
        let longest = directories.state.utf8.count + "/instances/ws-0123456789abcdef/app.sock".utf8.count
        guard !sandboxed || longest < 108 else {
            throw CarrelError(
                .engineFailed,
                "The process engine's state directory has too long a path for unix sockets: at most "
                    + "\(108 - 1 - (longest - directories.state.utf8.count)) bytes."
            )
        }
    }

    /// May be passed through, not read: what lies in it is closed to others by itself.
    private func openForPassing(_ path: String) {
        var about = stat()
        guard stat(path, &about) == 0, about.st_uid == geteuid() else { return }
        chmod(path, about.st_mode & 0o7777 | S_IXGRP | S_IXOTH)
    }

    /// The first directory on the way to the instances that others may not enter.
    private func firstClosedParent() -> String? {
        var path = ""
        for part in directories.instances.split(separator: "/") {
            path += "/" + part
            // Opened by `prepare`, as far as it may.
            if path == directories.state, machine == nil { continue }
            var about = stat()
            // What is missing will be made so that they may.
            if stat(path, &about) < 0 { return errno == ENOENT ? nil : path }
            if about.st_mode & S_IXOTH == 0 { return path }
        }
        return nil
    }

    /// Watches those that live on from before.
    private func adopt() {
        for workspace in directories.workspaces {
            if let keeper = directories.instance(workspace).keeperRecord, keeper.isAlive {
                exits.watch(workspace, pid: keeper.pid)
            }
        }
    }
}
