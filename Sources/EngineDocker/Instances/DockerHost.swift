import CLinux
import CarrelCore
import EngineHost
import Glibc

/// What the engine and its machine let us do, found once by `prepare`, and what is weaker for it.
struct DockerHost: Sendable {
    var version: EngineVersion
    var info: EngineInfo
    var isThisMachine: Bool
    /// Homes can be mounted into running containers, their owners mapped.
    var canAttach = false
    var findings: [EngineFinding] = []

    /// Throws with a sentence if nobody answers or the engine is too old.
    static func find(_ client: DockerClient, address: DockerAddress) async throws -> DockerHost {
        if let untimely = address.untimely(now: SystemClock().now()) {
            throw CarrelError(.engineFailed, "The container engine does not answer.", detail: untimely)
        }
        do {
            let info: EngineInfo = try await client.get("/info")
            let version: EngineVersion = try await client.get("/version")
            var host = DockerHost(version: version, info: info, isThisMachine: address.isThisMachine)
            host.judge()
            return host
        } catch let fault as DockerFault where fault.isUnreachable {
            if fault.trust != nil { throw fault.told("") }
            throw CarrelError(
                .engineFailed,
                "The container engine does not answer.",
                detail: "\(fault): is it running, and may carrel use its socket?"
            )
        } catch let fault as DockerFault {
            throw CarrelError(
                .engineFailed,
                "The container engine is too old, or none.",
                detail: "\(fault): it must speak version 1.41 of the Engine API (Docker 20.10, Podman 4)"
            )
        }
    }

    private mutating func weaker(_ sentence: String) { findings.append(EngineFinding(.warning, sentence)) }

    private mutating func judge() {
        if let obstacle { weaker("\(obstacle): \(Self.cold).") }
        for (can, what) in [
            (info.memoryLimit, "memory"), (info.cpuLimit, "cpu"), (info.pidsLimit, "processes"),
        ] where can == false {
            weaker("The container engine can't limit \(what) here: an app's `resources` are not kept.")
        }
        if info.swapLimit == false, info.memoryLimit != false {
            weaker("The kernel does not count swap: a workspace may swap beyond its memory limit.")
        }
        if info.liveRestore == false {
            findings.append(
                EngineFinding(
                    .note,
                    "Workspaces end when the container engine restarts: `\"live-restore\": true` in its daemon.json keeps them."
                )
            )
        }
    }

    private static let cold = "apps with a home start cold"

    /// Why homes can't be attached to running containers, as far as that is known without trying.
    private var obstacle: String? {
        if !isThisMachine { return "Homes can't be attached to running containers of another machine" }
        if geteuid() != 0 { return "Not run by root, homes can't be attached to running containers" }
        if info.remapsUsers { return "Homes can't be attached where the container engine maps users itself" }
        return nil
    }

    /// Tries to mount with mapped owners below `slots`, which becomes a shared mount.
    mutating func findMounts(slots: String, scratch: String) {
        guard obstacle == nil else { return }
        if let failure = Self.tryMount(slots: slots, scratch: scratch) {
            return weaker("Homes can't be attached to running containers (\(failure)): \(Self.cold).")
        }
        canAttach = true
    }

    private static func tryMount(slots: String, scratch: String) -> String? {
        let shared = clinux_make_shared(slots)
        guard shared == 0 else { return "\(slots): \(String(cString: strerror(-shared)))" }
        let probe = slots + "/.probe"
        defer {
            clinux_unmount(probe)
            rmdir(probe)
            rmdir(scratch)
        }
        guard mkdir(probe, 0o700) == 0 || errno == EEXIST else { return String(cString: strerror(errno)) }
        let home = clinux_open_home(scratch, 60_001)
        guard home >= 0 else { return String(cString: strerror(-home)) }
        defer { close(home) }
        let attached = clinux_attach(home, probe, 60_001, 1000, 1000)
        return attached == 0 ? nil : String(cString: strerror(-attached))
    }
}
