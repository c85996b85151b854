public import CarrelCore
import Synchronization

extension DockerEngine: InstanceEvents {
    public nonisolated func events() -> AsyncStream<WorkspaceID> {
        let client = client
        let began = SystemClock().now()
        return AsyncStream { continuation in
            // Its parent is the reader: it is cancelled when the stream that it fills is dropped.
            let task = Task {
                await followEvents(label: "\(ContainerLabels.deployment)=\(deployment)", since: began) { event in
                    guard let workspace = event.actor.attributes.flatMap(ContainerLabels.workspace(of:)) else { return }
                    // The event comes before the listing knows; looking at the container waits until both agree.
                    let _: ContainerDetails? =
                        try? await client.get("/containers/\(ContainerLabels.name(workspace))/json")
                    continuation.yield(workspace)
                }
                continuation.finish()
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    /// What changes a container's state, in Docker's words and in Podman's.
    private static let actions: Set = ["start", "die", "died", "oom", "pause", "unpause", "destroy", "remove"]

    /// Hands on what happens to containers with this label, until the task is cancelled. A stream of events that was cut in
    /// silence looks like one without events: it is asked for anew in rounds, each from where the one before ended.
    ///
    /// Podman's events have no labels, so those of all containers come: they are hints only.
    func followEvents(
        label: String,
        since began: Timestamp,
        _ tell: @escaping @Sendable (EngineEvent) async -> Void
    ) async {
        let filter =
            host?.version.isPodman == true
            ? #"{"type":["container"]}"#
            : """
            {"type":["container"],"label":["\(label)"],"event":["start","die","oom","pause","unpause","destroy"]}
            """
        var pause = Duration.milliseconds(100)
        // Nanoseconds since 1970. The engine's clock may be another one; then a gap is the reconciler's to see.
        let newest = Mutex(began.milliseconds * 1_000_000)
        while !Task.isCancelled {
            let before = newest.withLock(\.self)
            do {
                try await readEvents(filter, since: before) { event in
                    await tell(event)
                    if let time = event.time { newest.withLock { $0 = max($0, time + 1) } }
                }
                pause = .milliseconds(100)
            } catch is CancellationError { break } catch {
                // The engine restarts, or broke the stream off; the reconciler lists anyway.
                if newest.withLock(\.self) > before { pause = .milliseconds(100) }
                do { try await Task.sleep(for: pause) } catch { break }
                pause = min(pause * 2, .seconds(10))
            }
        }
    }

    /// Hands on what the engine tells, for one round.
    private func readEvents(
        _ filter: String,
        since: Int64,
        _ tell: @escaping @Sendable (EngineEvent) async -> Void
    ) async throws {
        let client = client
        let fraction = String(since % 1_000_000_000)
        let point = "\(since / 1_000_000_000).\(String(repeating: "0", count: 9 - fraction.utf8.count))\(fraction)"
        do {
            try await Deadline.within(settings.eventsRound) {
                let stream = try await client.stream(get: "/events", ["filters": filter, "since": point])
                try await stream.lines(EngineEvent.self) { event in
                    if Self.actions.contains(event.action) { await tell(event) }
                }
                throw DockerFault(status: 0, message: "The stream ended.", call: "GET /events")
            }
        } catch is Deadline.Passed { try Task.checkCancellation() }
    }
}
