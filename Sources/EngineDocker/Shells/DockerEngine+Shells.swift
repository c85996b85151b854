import CLinux
public import CarrelCore
import EngineHost
import Glibc

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension DockerEngine: ShellRunning {
    public func run(
        _ order: ShellOrder,
        in workspace: WorkspaceID,
        _ use: @escaping @Sendable (any Shell) async throws -> Void
    ) async throws {
        _ = try prepared()
        let container = try await runningContainer(of: workspace)
        let hasTerminal = order.terminal != nil
        do {
            let made: ExecMade = try await client.post(
                "/containers/\(container)/exec",
                body: ExecRequest(
                    command: order.command,
                    environment: order.terminal.map { ["TERM=\($0.kind)"] } ?? [],
                    hasTerminal: hasTerminal
                ),
                as: ExecMade.self
            )
            let client = client
            try await HijackedConnection.with(
                settings.address,
                post: "/exec/\(made.id)/start",
                json: Array(try JSONEncoder().encode(ExecStart(hasTerminal: hasTerminal)))
            ) { connection in
                let shell = DockerShell(connection: connection, client: client, id: made.id, hasTerminal: hasTerminal)
                let result: Result<Void, any Error>
                do { result = .success(try await use(shell)) } catch { result = .failure(error) }
                // The engine lets commands run on that nobody listens to any more. Not cut short by a cancellation.
                await Task { await Self.end(made.id, of: container, client) }.value
                try result.get()
            }
        } catch let fault as DockerFault where fault.isConflict {
            throw CarrelError(.conflict, "The workspace does not run now.", detail: fault.description)
        } catch let fault as DockerFault {
            throw fault.told("The command could not be run.")
        }
    }

    /// Its id.
    private func runningContainer(of workspace: WorkspaceID) async throws -> String {
        do {
            let details: ContainerDetails = try await client.get("/containers/\(ContainerLabels.name(workspace))/json")
            guard details.config.labels?[ContainerLabels.deployment] == deployment else {
                throw CarrelError(.notFound, "There is no such workspace on this engine.")
            }
            guard details.state.status == "running" else {
                throw CarrelError(
                    .conflict,
                    "The workspace does not run now: its container is \(details.state.status)."
                )
            }
            return details.id
        } catch let fault as DockerFault where fault.isMissing {
            throw CarrelError(.notFound, "There is no such workspace on this engine.")
        } catch let fault as DockerFault {
            throw fault.told("The container can't be looked at.")
        }
    }

    /// Hangs up on a command that still runs, and kills it if it does not mind. Only where its process can be seen to be the
    /// container's: numbers mean something else where carrel itself runs in a container.
    private static func end(_ id: String, of container: String, _ client: DockerClient) async {
        for number in [SIGHUP, SIGKILL] {
            guard let about: ExecDetails = try? await client.get("/exec/\(id)/json"), about.isRunning,
                let pid = about.pid, pid > 1
            else { return }
            let process = clinux_pidfd_open(pid)
            guard process >= 0 else { return }
            defer { close(process) }
            guard SystemFile.read("/proc/\(pid)/cgroup")?.contains(container) == true else { return }
            _ = clinux_pidfd_send(process, number, 0)
            _ = try? await blocking { clinux_pidfd_ended(process, 1000) }
        }
    }
}
