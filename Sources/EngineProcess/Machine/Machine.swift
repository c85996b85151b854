import CLinux
import CarrelCore
import EngineHost
import Glibc

/// What this machine lets the engine do, found once by `prepare`, and what is weaker for it.
struct Machine: Sendable {
    var isRoot = false
    /// bwrap, if sandboxes work here and are wanted.
    var sandboxProgram: String?
    /// slirp4netns, if sandboxes may have a way out here.
    var networkProgram: String?
    var cgroups = Cgroups.none
    /// Homes can be mounted into running workspaces, their owners mapped.
    var canAttach = false
    var findings: [EngineFinding] = []

    var isSandboxed: Bool { sandboxProgram != nil }

    mutating func weaker(_ sentence: String) { findings.append(EngineFinding(.warning, sentence)) }

    /// Looks for bubblewrap and tries it: being installed says little inside containers.
    mutating func findSandbox(_ mode: ProcessEngineSettings.Sandbox) throws {
        if mode == .off {
            weaker(
                "The sandbox is off: workspaces see this machine's files as far as their user may, and reach each "
                    + "other's ports."
            )
            return
        }
        guard let program = Command.find("bwrap") else {
            return try withoutSandbox(mode, "bubblewrap is not installed (Debian: apt-get install bubblewrap)")
        }
        let user = isRoot ? [] : ["--unshare-user"]
        let attempt = Command(
            arguments: [program, "--unshare-pid", "--unshare-net", "--unshare-ipc"] + user
                + ["--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--", "/bin/true"]
        ).run()
        guard attempt.succeeded else {
            return try withoutSandbox(mode, "bubblewrap does not work here: \(attempt.output.prefix(200))")
        }
        sandboxProgram = program
    }

    private mutating func withoutSandbox(_ mode: ProcessEngineSettings.Sandbox, _ reason: String) throws {
        if mode == .required {
            throw CarrelError(.engineFailed, "The process engine needs its sandbox, but \(reason).")
        }
        weaker(
            "No sandbox: \(reason). Workspaces see this machine's files as far as their user may, and reach each "
                + "other's ports."
        )
    }

    /// Finds slirp4netns and shuts the way from it to the machine itself; without both there is no way out at all.
    /// With `trial` the firewall is only asked whether it would take the rules.
    mutating func findNetwork(_ firewall: Firewall, trial: Bool = false) {
        guard isSandboxed else { return }
        let closed = "Apps with egress `internet` start without a network"
        guard isRoot else { return weaker("\(closed): only root can keep them from this machine's own addresses.") }
        guard let program = Command.find("slirp4netns") else {
            return weaker("\(closed): slirp4netns is not installed (Debian: apt-get install slirp4netns).")
        }
        guard SystemFile.exists("/dev/net/tun") else { return weaker("\(closed): there is no /dev/net/tun.") }
        if let failure = firewall.install(trial: trial) {
            return weaker("\(closed): no firewall rule could be set (\(failure)).")
        }
        networkProgram = program
    }

    mutating func findCgroups(parent: String, trial: Bool = false) {
        cgroups = Cgroups.prepare(parent: parent, trial: trial)
        if !cgroups.canLimit {
            weaker(
                "Without control groups an app's `resources` bind each of its processes alone, not all of them "
                    + "together, and `cpu` not at all."
            )
        }
        if !cgroups.canFreeze {
            weaker("Without control groups pausing stops the processes one by one; an app may notice.")
        }
    }

    /// Tries to mount with mapped owners below `slots`, which becomes a shared mount.
    mutating func findMounts(slots: String, scratch: String, uid: UInt32) {
        findMounts { Self.tryMount(slots: slots, scratch: scratch, uid: uid) }
    }

    /// `attempt` returns what failed.
    mutating func findMounts(_ attempt: () -> String?) {
        guard isRoot else {
            return weaker("Not run by root: all workspaces run as this user, and apps with a home start cold.")
        }
        let failure = attempt()
        canAttach = failure == nil
        if let failure {
            weaker("Homes can't be attached to running workspaces (\(failure)): apps with a home start cold.")
        }
    }

    private static func tryMount(slots: String, scratch: String, uid: UInt32) -> String? {
        let shared = clinux_make_shared(slots)
        guard shared == 0 else { return "\(slots): \(String(cString: strerror(-shared)))" }
        let slot = slots + "/.probe"
        defer {
            clinux_unmount(slot)
            rmdir(slot)
            rmdir(scratch)
        }
        guard mkdir(slot, 0o700) == 0 || errno == EEXIST else { return String(cString: strerror(errno)) }
        let home = clinux_open_home(scratch, uid + 1)
        guard home >= 0 else { return String(cString: strerror(-home)) }
        defer { close(home) }
        let attached = clinux_attach(home, slot, uid + 1, uid, uid)
        return attached == 0 ? nil : String(cString: strerror(-attached))
    }
}
