import AsyncHTTPClient
import CarrelCore
import Glibc
import Logging
import NIOCore
import NIOHTTP1

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Speaks the Engine API, version 1.41 (https://docs.docker.com/engine/api/v1.41/), which Docker 20.10 and later and Podman
/// understand.
final class DockerClient: Sendable {
    static let version = "v1.41"
    /// An answer that is read whole may have this many bytes: a listing of 2,000 containers has about 5 MB.
    private static let answerLimit = 64 << 20

    private let client: HTTPClient
    private let address: DockerAddress
    private let patience: Duration

    /// `patience`: how long an answer, or a stream's beginning, is waited for where a call does not say.
    init(_ address: DockerAddress, patience: Duration = .seconds(60)) {
        self.address = address
        self.patience = patience
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(5)),
            connectionPool: .init(idleTimeout: .seconds(30), concurrentHTTP1ConnectionsPerHostSoftLimit: 256)
        )
        configuration.httpVersion = .http1Only
        if case .tls(_, _, let tls) = address { configuration.tlsConfiguration = tls }
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    deinit { client.shutdown { _ in } }

    // MARK: Calls

    func get<Answer: Decodable>(
        _ path: String,
        _ query: [String: String] = [:],
        headers: [String: String] = [:],
        as type: Answer.Type = Answer.self
    ) async throws -> Answer {
        try decode(try await whole(.GET, path, query, headers: headers), call: "GET \(path)")
    }

    @discardableResult
    func post(
        _ path: String,
        _ query: [String: String] = [:],
        body: (any Encodable)? = nil,
        headers: [String: String] = [:],
        within: Duration? = nil
    ) async throws -> [UInt8] {
        try await whole(.POST, path, query, body: body, headers: headers, within: within)
    }

    func post(_ path: String, _ query: [String: String], archive: [UInt8]) async throws {
        _ = try await whole(.POST, path, query, content: (archive, "application/x-tar"))
    }

    func put(_ path: String, _ query: [String: String], archive: [UInt8]) async throws {
        _ = try await whole(.PUT, path, query, content: (archive, "application/x-tar"))
    }

    func post<Answer: Decodable>(
        _ path: String,
        _ query: [String: String] = [:],
        body: (any Encodable)?,
        as type: Answer.Type
    ) async throws -> Answer {
        try decode(try await whole(.POST, path, query, body: body), call: "POST \(path)")
    }

    func delete(_ path: String, _ query: [String: String] = [:]) async throws {
        _ = try await whole(.DELETE, path, query)
    }

    /// The answer's body as it comes, for as long as it comes.
    func stream(get path: String, _ query: [String: String] = [:]) async throws -> DockerStream {
        try await stream(.GET, path, query, headers: [:], deadline: .now() + .milliseconds(patience.milliseconds))
    }

    /// It may be long before it begins.
    func stream(
        post path: String,
        _ query: [String: String] = [:],
        headers: [String: String] = [:]
    ) async throws -> DockerStream {
        try await stream(.POST, path, query, headers: headers, deadline: .distantFuture)
    }

    private func stream(
        _ method: HTTPMethod,
        _ path: String,
        _ query: [String: String],
        headers: [String: String],
        deadline: NIODeadline
    ) async throws -> DockerStream {
        let request = request(method, path, query, headers: headers)
        let call = "\(method) \(path)"
        let response: HTTPClientResponse
        do { response = try await client.execute(request, deadline: deadline) } catch {
            throw Self.unanswered(error, call: call)
        }
        guard (200..<300).contains(response.status.code) else { throw try await Self.fault(response, call: call) }
        return DockerStream(body: response.body, call: call)
    }

    // MARK: How

    private func whole(
        _ method: HTTPMethod,
        _ path: String,
        _ query: [String: String],
        body: (any Encodable)? = nil,
        content: (bytes: [UInt8], type: String)? = nil,
        headers: [String: String] = [:],
        within: Duration? = nil
    ) async throws -> [UInt8] {
        let content = try content ?? body.map { (Array(try JSONEncoder().encode($0)), "application/json") }
        let request = request(method, path, query, content: content, headers: headers)
        let call = "\(method) \(path)"
        do {
            return try await Deadline.within(within ?? patience) {
                do { return try await self.answer(to: request, call: call) } catch
                    where method == .GET
                    && Self.isBrokenOff(error)
                {
                    // The engine was restarted, or closed a connection that had rested: asking again changes nothing.
                    return try await self.answer(to: request, call: call)
                }
            }
        } catch let fault as DockerFault {
            throw fault
        } catch let error as CancellationError {
            throw error
        } catch {
            try Task.checkCancellation()
            throw Self.unanswered(error, call: call)
        }
    }

    private func answer(to request: HTTPClientRequest, call: String) async throws -> [UInt8] {
        // How long it may take is watched by the caller: the client's own limit ends with the answer's head.
        let response = try await client.execute(request, deadline: .distantFuture)
        // 304: it is so already.
        guard (200..<300).contains(response.status.code) || response.status == .notModified else {
            throw try await Self.fault(response, call: call)
        }
        return Array(try await response.body.collect(upTo: Self.answerLimit).readableBytesView)
    }

    private static func isBrokenOff(_ error: any Error) -> Bool {
        error as? HTTPClientError == .remoteConnectionClosed
            || [ECONNRESET, EPIPE].contains((error as? IOError)?.errnoCode)
    }

    private func request(
        _ method: HTTPMethod,
        _ path: String,
        _ query: [String: String],
        content: (bytes: [UInt8], type: String)? = nil,
        headers: [String: String] = [:]
    ) -> HTTPClientRequest {
        var url = "\(address.base)/\(Self.version)\(path)"
        if !query.isEmpty {
            url +=
                "?"
                + query.sorted { $0.key < $1.key }.map { "\($0.key)=\(Self.escaped($0.value))" }.joined(separator: "&")
        }
        var request = HTTPClientRequest(url: url)
        request.method = method
        // The client would send the socket's path.
        if address.isThisMachine { request.headers.replaceOrAdd(name: "Host", value: "docker") }
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        if let content {
            request.headers.replaceOrAdd(name: "Content-Type", value: content.type)
            request.body = .bytes(ByteBuffer(bytes: content.bytes))
        }
        return request
    }

    private func decode<Answer: Decodable>(_ bytes: [UInt8], call: String) throws -> Answer {
        do { return try JSONDecoder().decode(Answer.self, from: Data(bytes)) } catch {
            throw DockerFault(status: 200, message: "The answer can't be understood: \(error)", call: call)
        }
    }

    private static func fault(_ response: HTTPClientResponse, call: String) async throws -> DockerFault {
        let bytes = try await response.body.collect(upTo: 1 << 20).readableBytesView
        let told = try? JSONDecoder().decode(Told.self, from: Data(bytes))
        return DockerFault(
            status: Int(response.status.code),
            message: told?.message ?? String(decoding: bytes.prefix(500), as: UTF8.self),
            call: call
        )
    }

    private static func unanswered(_ error: any Error, call: String) -> any Error {
        error is CancellationError
            ? error : DockerFault(status: 0, message: "\(error)", call: call, trust: TLSTrouble(error))
    }

    private struct Told: Decodable { var message: String }

    /// For one value of a query (RFC 3986, 2.3).
    static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                String(UnicodeScalar(byte))
            default: "%" + [byte].hex.uppercased()
            }
        }.joined()
    }
}
