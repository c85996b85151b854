import AsyncHTTPClient
import CarrelConfig
import CarrelCore
import CarrelGateway
import CarrelIdentity
import CarrelSQLite
import CarrelWeb
import CarrelWorkspaces
import Glibc
import Logging
import NIOCore
import ServiceLifecycle
import UnixSignals

/// Every long-running service, in the order in which they start; they stop in reverse.
/// Hub before gateway: nobody is let in before somebody can answer. Workspaces after the gateway: a port in use is
/// found before anything is started.
struct Services {
    let parts: Parts

    func all() -> [any Service] {
        [
            StopSignals(parts: parts), StoreService(parts: parts), HTTPClientService(client: parts.httpClient),
            SessionChanges(parts: parts), ProviderChecks(parts: parts),
        ]
            + parts.hubs
            + [
                WorkspaceLoop(parts: parts), Reloads(parts: parts), CertificateWatch(parts: parts), MemoryReturn(),
                SuccessorStart(parts: parts), EldersService(parts: parts),
                ElderService(parts: parts), GivingService(parts: parts), GatewayService(parts: parts),
            ]
    }
}

/// Closes the store when everything else has stopped.
struct StoreService: Service {
    let parts: Parts

    func run() async throws {
        try? await gracefulShutdown()
        try await parts.store.close()
    }
}

struct HTTPClientService: Service {
    let client: HTTPClient

    func run() async throws {
        try? await gracefulShutdown()
        try await client.shutdown()
    }
}

/// Takes over what the command line, or another process, changed in the store.
struct SessionChanges: Service {
    let parts: Parts

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            do {
                try await parts.following.run { try await parts.signIn.follow(parts.store.externalChanges()) }
            } catch is CancellationError {}
        }
    }
}

/// The claims' and reconciler's loop.
struct WorkspaceLoop: Service {
    let parts: Parts

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            do {
                try await parts.gatewayListens.wait()
                try await parts.reconciling.run {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask { await parts.exposed.run() }
                        group.addTask { for await _ in parts.store.externalChanges() { parts.exposed.poke() } }
                        defer { group.cancelAll() }
                        try await parts.workspaces.run()
                    }
                }
            } catch is CancellationError {}
        }
    }
}

/// Listens, says so in one line, and lets requests finish at the end.
struct GatewayService: Service {
    static let patience: Duration = .seconds(10)
    /// Who takes over waits longer for its first look at the workspaces: the other serves meanwhile.
    static let takersPatience: Duration = .seconds(60)
    /// How long a connection that asks nothing stays open at the end: its client may be about to ask.
    static let idle: Duration = .seconds(1)
    static let idleAfterTakeover: Duration = .seconds(10)
    let parts: Parts

    func run() async throws {
        for latch in parts.hubsListen + [parts.eldersListen] { try await latch.wait() }
        let addresses = try await parts.gateway.start(accepting: false, inherited: parts.taking?.sockets ?? [])
        parts.gatewayListens.open()
        if let taking = parts.taking {
            try await waitForAllWorkspaces()
            try parts.state.publishSockets()
            try await taking.ready()
        } else {
            try parts.state.publishSockets()
            await waitForWorkspaces()
        }
        await parts.gateway.accept()
        let users = parts.configuration.users.publicOrigin ?? Self.origin(addresses["users"], parts.configuration.users)
        let operators =
            parts.configuration.operators.publicOrigin
            ?? Self.origin(addresses["operators"], parts.configuration.operators)
        parts.logger.notice("ready users=\(users) operators=\(operators)")
        ServiceNotification.tell("READY=1\nMAINPID=\(getpid())")
        async let asking: Void = parts.gateway.run()
        try? await gracefulShutdown()
        let drain = parts.configuration.drain
        if parts.giving.left.isOpen {
            await parts.gateway.shutdown(drain: drain.takeover, idle: Self.idleAfterTakeover)
        } else {
            ServiceNotification.tell("STOPPING=1")
            await parts.gateway.shutdown(drain: drain.stop, idle: Self.idle)
        }
        await asking
    }

    /// Who can't take up the workspaces must not take them over.
    private func waitForAllWorkspaces() async throws {
        let isSettled = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                guard (try? await parts.workspaces.settled()) != nil else { return false }
                return (try? await parts.exposed.settled.wait()) != nil
            }
            group.addTask {
                try? await Task.sleep(for: Self.takersPatience)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
        try Task.checkCancellation()
        guard isSettled else {
            throw CarrelError(.engineFailed, "An engine is not ready: the log says which, and why")
        }
    }

    /// Until routes lead to the workspaces that were open before: whoever comes in between waits instead of being
    /// told that theirs is not there. An engine that can't run does not hold up the rest.
    private func waitForWorkspaces() async {
        await withTaskGroup { group in
            group.addTask {
                try? await parts.workspaces.settled()
                try? await parts.exposed.settled.wait()
            }
            group.addTask { try? await Task.sleep(for: Self.patience) }
            await group.next()
            group.cancelAll()
        }
    }

    private static func origin(_ address: SocketAddress?, _ rule: ListenerRule) -> String {
        guard let host = address?.ipAddress, let port = address?.port else { return "-" }
        let scheme = rule.tls == nil ? "http" : "https"
        return host.contains(":") ? "\(scheme)://[\(host)]:\(port)" : "\(scheme)://\(host):\(port)"
    }
}

/// SIGHUP reads the configuration again.
struct Reloads: Service {
    let parts: Parts

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in await UnixSignalsSequence(trapping: .sighup) where !parts.giving.left.isOpen {
                do {
                    for warning in try await parts.reloader.reload() { parts.logger.warning("\(warning)") }
                } catch {
                    let reason = (error as? CarrelError)?.message ?? "\(error)"
                    parts.logger.error("reload refused, nothing was changed: \(reason)")
                }
            }
        }
    }
}
