import AsyncHTTPClient
import CarrelCore
import NIOCore
import NIOHTTP1

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

private func unixSocket() -> Int32 { socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0) }

/// Speaks with the running `carrel serve` over its control socket. Who may open that socket (its own user, root) acts
/// as an operator.
public struct ControlClient: Sendable {
    private let socket: String

    public init(state: StateDirectory) { socket = state.socket("control") }

    /// The body of a 2xx answer. Throws the problem that the hub tells, or that it does not run.
    public func send(_ method: String, _ path: String, json: String? = nil) async throws -> String {
        try await withAnswer(method, path, json: json) { body in
            String(buffer: try await body.collect(upTo: 64 << 20))
        }
    }

    /// Hands over the body as it comes, until it ends.
    public func stream(_ path: String, _ write: @Sendable (String) -> Void) async throws {
        try await withAnswer("GET", path, json: nil) { body in
            for try await part in body { write(String(buffer: part)) }
        }
    }

    /// As `stream`, with a body that is sent at the same time.
    func stream<Value: Sendable>(
        _ path: String,
        sending body: some AsyncSequence<ByteBuffer, any Error> & Sendable,
        _ read: (HTTPClientResponse.Body) async throws -> Value
    ) async throws -> Value {
        try await withAnswer("POST", path, json: nil, body: .stream(body, length: .unknown), read)
    }

    private func withAnswer<Value: Sendable>(
        _ method: String,
        _ path: String,
        json: String?,
        body: HTTPClientRequest.Body? = nil,
        _ read: (HTTPClientResponse.Body) async throws -> Value
    ) async throws -> Value {
        // A process that handed over answers no more: the next connection leads to the one that took over.
        for _ in 0..<20 {
            do { return try await withOneAnswer(method, path, json: json, body: body, read) } catch is HandedOver {
                try await Task.sleep(for: .milliseconds(100))
            }
        }
        throw CarrelError(.conflict, "carrel is being taken over: try again")
    }

    private struct HandedOver: Error {}

    private func withOneAnswer<Value: Sendable>(
        _ method: String,
        _ path: String,
        json: String?,
        body: HTTPClientRequest.Body?,
        _ read: (HTTPClientResponse.Body) async throws -> Value
    ) async throws -> Value {
        try checkSomebodyListens()
        var request = HTTPClientRequest(url: UnixSocketURL.text(socket: socket, path: path))
        request.method = HTTPMethod(rawValue: method)
        request.headers.add(name: "Host", value: "control")
        request.body = body
        if let json {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: json))
        }
        // A server that goes away while we come would be asked again and again until the timeout.
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        return try await HTTPClient.withHTTPClient(configuration: configuration) { client in
            try await self.answer(of: client, to: request, read)
        }
    }

    private func answer<Value: Sendable>(
        of client: HTTPClient,
        to request: HTTPClientRequest,
        _ read: (HTTPClientResponse.Body) async throws -> Value
    ) async throws -> Value {
        let response: HTTPClientResponse
        do {
            response = try await client.execute(request, timeout: .hours(24))
        } catch {
            throw CarrelError(.notFound, "carrel serve at \(socket) ended before it answered", cause: error)
        }
        if response.status == .misdirectedRequest { throw HandedOver() }
        guard (200..<300).contains(response.status.code) else {
            let body = String(buffer: try await response.body.collect(upTo: 1 << 20))
            throw Self.problem(body, status: Int(response.status.code))
        }
        return try await read(response.body)
    }

    /// Whether a carrel serves this state directory. Throws `forbidden` if this user may not know.
    func isAnswered() throws -> Bool {
        do {
            try checkSomebodyListens()
            return true
        } catch let error as CarrelError where error.code == .notFound {
            return false
        }
    }

    /// The HTTP client would try again and again where nobody listens; one look tells, and tells why.
    private func checkSomebodyListens() throws {
        let descriptor = unixSocket()
        defer { close(descriptor) }
        let address = try SocketAddress(unixDomainSocketPath: socket)
        let (result, fault) = address.withSockAddr { address, length in
            (connect(descriptor, address, socklen_t(length)), errno)
        }
        guard result != 0 else { return }
        if fault == EACCES || fault == EPERM {
            throw CarrelError(
                .forbidden,
                "\(socket) may not be used by this user: run the command as root or as the user that runs carrel serve"
            )
        }
        throw CarrelError(
            .notFound,
            "No carrel serve answers at \(socket): start it, or name its configuration with --config"
        )
    }

    /// RFC 9457 problem document → error.
    private static func problem(_ body: String, status: Int) -> CarrelError {
        struct Problem: Decodable {
            let code: String?
            let title: String?
            let detail: String?
        }
        guard let problem = try? JSONDecoder().decode(Problem.self, from: Data(body.utf8)) else {
            return CarrelError(.internal, "The hub answered \(status)", detail: body)
        }
        let code = problem.code.flatMap(CarrelError.Code.init(rawValue:)) ?? .internal
        return CarrelError(code, problem.detail ?? problem.title ?? "The hub answered \(status)")
    }
}
