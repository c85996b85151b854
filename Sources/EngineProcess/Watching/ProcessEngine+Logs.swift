public import CarrelCore

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
            return Self.last(lines, of: bytes)
        }
    }

    public func follow(_ workspace: WorkspaceID) async throws -> AsyncThrowingStream<String, any Error> {
        _ = try existing(workspace)
        return try LogFollower.stream(directories.instance(workspace))
    }

    private static func last(_ lines: Int, of bytes: [UInt8]) -> String {
        guard lines > 0, !bytes.isEmpty else { return "" }
        var left = lines + (bytes.last == 10 ? 1 : 0)
        var start = bytes.count
        while start > 0 {
            if bytes[start - 1] == 10 {
                left -= 1
                if left == 0 { break }
            }
            start -= 1
        }
        return String(decoding: bytes[start...], as: UTF8.self)
    }
}
