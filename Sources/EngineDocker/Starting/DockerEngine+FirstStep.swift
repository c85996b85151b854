import CarrelCore
import EngineHost
import Glibc

extension DockerEngine {
    /// How often it is looked, 10 ms apart at first, whether the container's first process has become the app.
    private static let looks = 100

    /// Waits until the container's first process has started the app. Docker's own first process says only in the log, and by
    /// ending, that there is no such program. Returns as whom the app runs, where that can be told, and the running
    /// container; nil where it ended, or the engine does not tell.
    func awaitFirstStep(of container: String, command: String, image: String) async throws -> (
        user: UserNumbers?, details: ContainerDetails
    )? {
        for look in 0..<Self.looks {
            let details: ContainerDetails = try await client.get("/containers/\(container)/json")
            guard details.state.status == "running" else {
                try await refuseMissing(details, command: command, image: image)
                return nil
            }
            if host?.isThisMachine == true, let user = try await userSeen(in: details) { return (user, details) }
            // Of the engine's machine, whatever the image has.
            let top: ContainerProcesses
            do {
                // Podman would look for `ps` inside; what it knows itself has other names.
                let columns = host?.version.isPodman == true ? "hpid,args" : "-eo pid,uid,gid,args"
                top = try await client.get("/containers/\(container)/top", ["ps_args": columns])
            } catch let fault as DockerFault where !fault.isUnreachable {
                // It ended meanwhile: the next look says how.
                try await Task.sleep(for: .milliseconds(10 + look))
                continue
            }
            let app = top.column("COMMAND").firstIndex { !AppProcess.isBeforeApp($0) }
            if let app {
                if let user = user(top, app) { return (user, details) }
                if host?.version.isPodman == true { return (nil, details) }
            }
            try await Task.sleep(for: .milliseconds(10 + look))
        }
        return nil
    }

    /// Waits a moment, in steps of a millisecond. Nil if it does not come so far, or can't be seen.
    private func userSeen(in details: ContainerDetails) async throws -> UserNumbers? {
        for _ in 0..<100 {
            switch AppProcess.look(details.state.pid, of: details.id) {
            case .running(let user): return user
            case .unseen: return nil
            case .waiting: try await Task.sleep(for: .milliseconds(1))
            }
        }
        return nil
    }

    private func user(_ top: ContainerProcesses, _ row: Int) -> UserNumbers? {
        if let uid = top.column("UID")[safely: row].flatMap({ UInt32($0) }),
            let gid = top.column("GID")[safely: row].flatMap({ UInt32($0) })
        {
            return UserNumbers(uid: uid, gid: gid)
        }
        guard host?.isThisMachine == true, let pid = top.column("HPID")[safely: row].flatMap({ Int32($0) }) else {
            return nil
        }
        var about = stat()
        return stat("/proc/\(pid)", &about) == 0 ? UserNumbers(uid: about.st_uid, gid: about.st_gid) : nil
    }

    private func refuseMissing(_ details: ContainerDetails, command: String, image: String) async throws {
        // Docker's first process ends with the shell's codes, Podman's with 1.
        guard [1, 126, 127].contains(details.state.exitCode) else { return }
        let log = try await lastLines(3, of: details.id)
        let isInits = log.contains("catatonit") ? log.contains("failed to exec") : log.hasPrefix("[FATAL tini")
        guard isInits, log.contains("exec") else { return }
        let isThere = details.state.exitCode == 126 || log.contains("Permission denied")
        throw CarrelError(
            .appFailed,
            "The app's command “\(command)” \(isThere ? "can't be started" : "was not found").",
            detail: "in the image \(image): \(log)"
        )
    }
}

extension Array {
    fileprivate subscript(safely index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
