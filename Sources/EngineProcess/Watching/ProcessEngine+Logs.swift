public import CarrelCore
import EngineHost

extension ProcessEngine: LogReading {
    public func tail(_ workspace: WorkspaceID, lines: Int) async throws -> String {
        let directory = directories.instance(workspace)
        _ = try existing(workspace)
        let limit = settings.logLimit
        return try await blocking {
            // The newer file may have just been begun.
            var bytes = SystemFile.bytes(directory.log, last: limit) ?? []
            if bytes.count(where: { $0 == 10 }) <= lines {
                bytes = (SystemFile.bytes(directory.olderLog, last: limit) ?? []) + bytes
            }
            return LogText.last(lines, of: bytes)
        }
    }

    public func follow(_ workspace: WorkspaceID) async throws -> AsyncThrowingStream<String, any Error> {
        _ = try existing(workspace)
        return try LogFollower.stream(directories.instance(workspace))
    }
}
