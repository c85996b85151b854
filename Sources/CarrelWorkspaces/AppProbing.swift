public import CarrelCore

/// Asks a running app something over HTTP, not through the gateway: readiness and the busy probe.
public protocol AppProbing: Sendable {
    /// `GET path` with these headers; nil if it refuses, resets, or says nothing in time. At most 1 MiB of body.
    func get(_ endpoint: Endpoint, path: String, headers: [RouteHeader], within: Duration) async -> ProbeAnswer?
}

public struct ProbeAnswer: Hashable, Sendable {
    public var status: Int
    public var body: [UInt8]

    public init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }
}
