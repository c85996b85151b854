import CarrelCore
import EngineHost

extension DockerEngine {
    /// How often it is looked, 10 ms apart at first, whether the container's first process has become the app.
    private static let looks = 100

    /// Waits until the container's first process has started the app. Docker's own first process says only in the log, and by
    /// ending, that there is no such program. Returns as whom the app
    /// runs, and the container's first process; nil where the engine does not tell.
    func awaitFirstStep(of container: String, command: String, image: String) async throws -> (
        user: UserNumbers, pid: Int32
    )? {
        for look in 0..<Self.looks {
            let details: ContainerDetails = try await client.get("/containers/\(container)/json")
            guard details.state.status == "running" else {
                try await refuseMissing(details, command: command, image: image)
                return nil
            }
            // Of the engine's machine, whatever the image has.
            let top: ContainerProcesses
            do {
                top = try await client.get("/containers/\(container)/top", ["ps_args": "-eo pid,uid,gid,args"])
            } catch let fault as DockerFault where !fault.isUnreachable {
                // It ended meanwhile: the next look says how.
                continue
            }
            let names = top.column("COMMAND")
            if let app = names.firstIndex(where: { !$0.contains("docker-init") && !$0.contains("catatonit") }),
                let uid = top.column("UID")[safely: app].flatMap({ UInt32($0) }),
                let gid = top.column("GID")[safely: app].flatMap({ UInt32($0) })
            {
                return (UserNumbers(uid: uid, gid: gid), details.state.pid)
            }
            try await Task.sleep(for: .milliseconds(10 + look))
        }
        return nil
    }

    private func refuseMissing(_ details: ContainerDetails, command: String, image: String) async throws {
        guard [126, 127].contains(details.state.exitCode) else { return }
        let log = try await lastLines(3, of: details.id)
        guard log.contains("exec") && (log.hasPrefix("[FATAL tini") || log.contains("catatonit")) else { return }
        let isThere = details.state.exitCode == 126
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
