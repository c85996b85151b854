public import CarrelCore

extension DockerEngine: InstanceEvents {
    public nonisolated func events() -> AsyncStream<WorkspaceID> {
        let client = client
        let deployment = deployment
        return AsyncStream { continuation in
            // Its parent is the reader: it is cancelled when the stream that it fills is dropped.
            let task = Task {
                var pause = Duration.milliseconds(100)
                while !Task.isCancelled {
                    do {
                        try await Self.read(client, deployment) {
                            continuation.yield($0)
                            pause = .milliseconds(100)
                        }
                    } catch is CancellationError { break } catch {}
                    // The engine restarts, or cut the stream; the reconciler lists anyway.
                    do { try await Task.sleep(for: pause) } catch { break }
                    pause = min(pause * 2, .seconds(10))
                }
                continuation.finish()
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    /// Hands on what the engine tells until it stops telling.
    private static func read(
        _ client: DockerClient,
        _ deployment: String,
        _ tell: (WorkspaceID) -> Void
    ) async throws {
        let filter = """
            {"type":["container"],"label":["\(ContainerLabels.deployment)=\(deployment)"],\
            "event":["start","die","oom","pause","unpause","destroy"]}
            """
        try await client.stream(get: "/events", ["filters": filter]).lines(EngineEvent.self) { event in
            guard let workspace = event.actor.attributes?[ContainerLabels.workspace].flatMap({ WorkspaceID($0) }) else {
                return
            }
            // The event comes before the listing knows; looking at the container waits until both agree.
            let _: ContainerDetails? = try? await client.get("/containers/\(ContainerLabels.name(workspace))/json")
            tell(workspace)
        }
    }
}
