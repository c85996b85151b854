import AsyncHTTPClient
import CarrelCore
import CarrelWorkspaces
import Logging
import NIOCore
import NIOHTTP1

/// Asks apps over HTTP, on their own address: readiness and the busy probe.
struct HTTPAppProbe: AppProbing {
    /// An answer longer than this is cut off, and does not count.
    static let bodyLimit = 1 << 20

    let client: HTTPClient

    func get(_ endpoint: Endpoint, path: String, headers: [RouteHeader], within: Duration) async -> ProbeAnswer? {
        var request = HTTPClientRequest(url: Self.url(endpoint, path: path))
        // The client would send the socket's path, which some servers refuse.
        if case .unix = endpoint { request.headers.replaceOrAdd(name: "Host", value: "localhost") }
        for header in headers { request.headers.replaceOrAdd(name: header.name, value: header.value) }
        do {
            let response = try await client.execute(request, timeout: .milliseconds(within.milliseconds))
            let body = try await response.body.collect(upTo: Self.bodyLimit)
            return ProbeAnswer(status: Int(response.status.code), body: Array(body.readableBytesView))
        } catch {
            return nil
        }
    }

    /// Follows no redirect: an app must not send the hub elsewhere.
    static func makeClient(logger: Logger) -> HTTPClient {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(5), read: .seconds(10)),
            connectionPool: .init(idleTimeout: .seconds(10))
        )
        configuration.httpVersion = .http1Only
        // Who asks decides when to ask again: the client would wait 100 ms and longer by itself before it says so.
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    static func url(_ endpoint: Endpoint, path: String) -> String {
        switch endpoint {
        case .tcp(let host, let port):
            return host.contains(":") ? "http://[\(host)]:\(port)\(path)" : "http://\(host):\(port)\(path)"
        case .unix(let socket): return UnixSocketURL.text(socket: socket, path: path)
        }
    }
}
