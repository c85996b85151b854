public import CarrelCore

extension DockerEngine: InstanceMeasuring {
    /// How many are asked at once.
    private static let width = 8

    public func stats() async throws -> [WorkspaceID: InstanceStats] {
        let running = try await instances().filter { $0.state == .running || $0.state == .paused }.map(\.workspace)
        let client = client
        return await withTaskGroup(of: (WorkspaceID, InstanceStats)?.self) { group in
            var rest = running[...]
            var all: [WorkspaceID: InstanceStats] = [:]
            for _ in 0..<Self.width {
                if let next = rest.popFirst() { group.addTask { await Self.reading(next, client) } }
            }
            for await reading in group {
                if let (workspace, stats) = reading { all[workspace] = stats }
                if let next = rest.popFirst() { group.addTask { await Self.reading(next, client) } }
            }
            return all
        }
    }

    private static func reading(_ workspace: WorkspaceID, _ client: DockerClient) async -> (WorkspaceID, InstanceStats)?
    {
        let path = "/containers/\(ContainerLabels.name(workspace))/stats"
        guard let stats: ContainerStats = try? await client.get(path, ["stream": "false", "one-shot": "true"]),
            let cpu = stats.cpu?.usage?.total
        else { return nil }
        return (
            workspace,
            InstanceStats(
                cpuTime: .nanoseconds(Int64(clamping: cpu)),
                memory: stats.memory?.resident ?? 0,
                processes: stats.processes?.current ?? 0
            )
        )
    }
}
