import CarrelCore
import Hummingbird
import Logging

/// One line for each request: debug for reading, info for changes, error for what is our fault. Never a query, a
/// ticket, a cookie or a token.
enum RequestLog {
    static func write(_ call: Call, _ response: Response, took: Duration) {
        let isChange = call.request.method != .get && call.request.method != .head
        let level: Logger.Level = response.status.code >= 500 ? .warning : isChange ? .info : .debug
        call.hub.logger.log(
            level: level,
            "request",
            metadata: [
                "request": "\(call.requestID)",
                "listener": "\(call.hub.listener.rawValue)",
                "method": "\(call.request.method.rawValue)",
                "path": "\(safePath(call.path))",
                "status": "\(response.status.code)",
                "ms": "\(took.milliseconds)",
                "actor": "\(call.caller.isNobody ? "nobody" : call.caller.actor.description)",
            ]
        )
    }

    /// Without the secret of a sign-in link, and bounded.
    static func safePath(_ path: Substring) -> String {
        path.hasPrefix("/sign-in/link") ? "/sign-in/link/…" : String(path.prefix(200))
    }
}
