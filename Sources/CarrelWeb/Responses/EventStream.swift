import CarrelCore
import HTTPTypes
import Hummingbird
import NIOCore

/// Server-sent events (WHATWG HTML, section 9.2).
enum EventStream {
    /// A comment goes out this often, so that a client that has gone is noticed and proxies keep the line open.
    static let heartbeat = Duration.seconds(15)

    /// Ends with `frames`, when the client has gone, or once `mayGoOn` says no: it is asked before anything is sent,
    /// for who signed out or was disabled is told no more. Ends also when another process takes over: the reader comes
    /// again by itself, and reaches that one. At most 256 frames wait for a slow reader: then the oldest
    /// are dropped, never the sender held up.
    static func response(
        clock: any WallClock,
        until handedOver: Latch,
        while mayGoOn: @escaping @Sendable () async -> Bool,
        frames: @escaping @Sendable (@Sendable (String) -> Void) async throws -> Void
    ) -> Response {
        let body = ResponseBody { writer in
            let (waiting, source) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingNewest(256))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    defer { source.finish() }
                    try await frames { source.yield($0) }
                }
                group.addTask {
                    try await handedOver.wait()
                    source.finish()
                }
                group.addTask {
                    while !Task.isCancelled {
                        try await clock.sleep(until: clock.now() + heartbeat)
                        source.yield(":\n\n")
                    }
                }
                defer { group.cancelAll() }
                for await frame in waiting {
                    guard await mayGoOn() else { break }
                    try await writer.write(ByteBuffer(string: frame))
                }
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store"],
            body: body
        )
    }

    /// One event; each line of `data` becomes a line of its own.
    static func frame(event: String? = nil, data: String) -> String {
        var frame = event.map { "event: \($0)\n" } ?? ""
        for line in data.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            frame += "data: \(line)\n"
        }
        return frame + "\n"
    }
}
