import CarrelCore
import Hummingbird
import Logging

/// Turns whatever a handler threw into a page for people or a problem document for programs.
enum ErrorResponse {
    static func make(_ error: any Error, _ call: Call) -> Response {
        if let redirect = error as? Redirect { return redirect.response }
        let refusal = refusal(for: error, call)
        if call.showsPages {
            return call.site == nil ? ErrorPage.render(refusal, call) : BarePage.render(refusal, call)
        }
        return Problem(refusal, requestID: call.requestID).response
    }

    private static func refusal(for error: any Error, _ call: Call) -> Refusal {
        if let refusal = error as? Refusal { return refusal }
        if let error = error as? CarrelError {
            let refusal = Refusal(error)
            if refusal.status.code >= 500 || error.cause != nil { log(error.description, call) }
            return refusal
        }
        log(String(describing: error), call)
        return Refusal(.internalServerError, "internal", "Something went wrong on our side. It has been logged.")
    }

    private static func log(_ text: String, _ call: Call) {
        call.hub.logger.error(
            "request failed",
            metadata: [
                "request": "\(call.requestID)", "method": "\(call.request.method.rawValue)",
                "path": "\(RequestLog.safePath(call.path))", "error": "\(text)",
            ]
        )
    }
}

extension Call {
    /// Whether an error here is a page: never on the API or the control socket.
    var showsPages: Bool {
        guard hub.listener != .control, !path.hasPrefix("/api/"), path != "/pool", path != "/metrics" else {
            return false
        }
        return Navigation(request.head).wantsPage
    }
}
