public import CarrelCore
import Synchronization

extension DockerEngine: InstanceEvents {
    public nonisolated func events() -> AsyncStream<WorkspaceID> {
        let client = client
        let deployment = deployment
        let round = settings.eventsRound
        return AsyncStream { continuation in
            // Its parent is the reader: it is cancelled when the stream that it fills is dropped.
            let task = Task {
                let isPodman = await host?.version.isPodman == true
                var pause = Duration.milliseconds(100)
                // The engine's clock may be another one; then a gap between two rounds is the reconciler's to see.
                let newest = Mutex(SystemClock().now().milliseconds * 1_000_000)
                while !Task.isCancelled {
                    let before = newest.withLock(\.self)
                    do {
                        try await Self.read(
                            client,
                            deployment,
                            isPodman: isPodman,
                            since: before,
                            for: round
                        ) { workspace, time in
                            if let time { newest.withLock { $0 = max($0, time + 1) } }
                            continuation.yield(workspace)
                        }
                        pause = .milliseconds(100)
                    } catch is CancellationError { break } catch {
                        // The engine restarts, or broke the stream off; the reconciler lists anyway.
                        if newest.withLock(\.self) > before { pause = .milliseconds(100) }
                        do { try await Task.sleep(for: pause) } catch { break }
                        pause = min(pause * 2, .seconds(10))
                    }
                }
                continuation.finish()
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    /// What changes a container's state, in Docker's words and Podman's; each filters by its own words only.
    private static let actions: Set = [
        "start", "die", "died", "oom", "pause", "unpause", "destroy", "remove",
    ]

    /// Hands on what the engine tells, and when it happened, for one round: where a stream is cut in silence, the next one
    /// begins where it ended. Times are nanoseconds since 1970, by the engine's clock.
    ///
    /// Podman's events have no labels, so those of other deployments come as well: they are hints only.
    private static func read(
        _ client: DockerClient,
        _ deployment: String,
        isPodman: Bool,
        since: Int64,
        for round: Duration,
        _ tell: @escaping @Sendable (WorkspaceID, Int64?) -> Void
    ) async throws {
        let label = isPodman ? "" : #","label":["\#(ContainerLabels.deployment)=\#(deployment)"]"#
        let filter = #"{"type":["container"]\#(label)}"#
        let fraction = String(since % 1_000_000_000)
        let point = "\(since / 1_000_000_000).\(String(repeating: "0", count: 9 - fraction.utf8.count))\(fraction)"
        do {
            try await Deadline.within(round) {
                let stream = try await client.stream(get: "/events", ["filters": filter, "since": point])
                try await stream.lines(EngineEvent.self) { event in
                    guard actions.contains(event.action),
                        let workspace = event.actor.attributes.flatMap(ContainerLabels.workspace(of:))
                    else { return }
                    // The event comes before the listing knows; looking at the container waits until both agree.
                    let _: ContainerDetails? =
                        try? await client.get("/containers/\(ContainerLabels.name(workspace))/json")
                    tell(workspace, event.time)
                }
                throw DockerFault(status: 0, message: "The stream ended.", call: "GET /events")
            }
        } catch is Deadline.Passed { try Task.checkCancellation() }
    }
}
