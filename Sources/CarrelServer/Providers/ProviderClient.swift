import AsyncHTTPClient
import CarrelCore
import CarrelIdentity
import NIOCore
import NIOHTTP1
import ServiceLifecycle

/// Asks providers of identities over HTTPS: certificates are verified against the machine's own, no redirect is
/// followed, no answer is longer or takes longer than it may.
final class ProviderClient: ProviderHTTP {
    private let client: HTTPClient

    init() {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(4), read: .seconds(10)),
            // Shorter than servers keep idle connections: what is sent on one that they just closed is lost.
            connectionPool: .init(idleTimeout: .seconds(2), concurrentHTTP1ConnectionsPerHostSoftLimit: 32)
        )
        configuration.httpVersion = .automatic
        configuration.decompression = .disabled
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    deinit { client.shutdown { _ in } }

    func send(_ request: ProviderRequest) async throws(ProviderFault) -> ProviderResponse {
        var sent = HTTPClientRequest(url: request.url)
        for header in request.headers { sent.headers.replaceOrAdd(name: header.name, value: header.value) }
        if sent.headers["User-Agent"].isEmpty { sent.headers.add(name: "User-Agent", value: "carrel") }
        if let form = request.form {
            sent.method = .POST
            sent.headers.replaceOrAdd(name: "Content-Type", value: "application/x-www-form-urlencoded")
            sent.body = .bytes(ByteBuffer(string: form))
        }
        let host = Self.host(request.url)
        do {
            return try await withThrowingTaskGroup(of: ProviderResponse.self) { group in
                group.addTask { [sent] in try await self.answer(to: sent) }
                group.addTask {
                    try await Task.sleep(for: request.timeout)
                    throw ProviderFault(.unavailable, "\(host) did not answer within \(request.timeout)")
                }
                defer { group.cancelAll() }
                guard let first = try await group.next() else { throw CancellationError() }
                return first
            }
        } catch let fault as ProviderFault {
            throw fault
        } catch is NIOTooManyBytesError {
            throw ProviderFault(.unavailable, "\(host) answered with more than \(ProviderLimits.answer) bytes")
        } catch {
            throw ProviderFault(.unavailable, "\(host) can't be reached: \(error)")
        }
    }

    /// The timeout counts until the last byte: a body that drips in is cut off as well.
    private func answer(to request: HTTPClientRequest) async throws -> ProviderResponse {
        let response = try await client.execute(request, timeout: .seconds(15))
        let body = try await response.body.collect(upTo: ProviderLimits.answer)
        return ProviderResponse(
            status: Int(response.status.code),
            contentType: response.headers.first(name: "Content-Type"),
            link: response.headers["Link"].isEmpty ? nil : response.headers["Link"].joined(separator: ", "),
            body: Array(body.readableBytesView)
        )
    }

    /// Without path and query, which may hold what no log should.
    private static func host(_ url: String) -> String {
        url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: true).dropFirst().first.map(String.init)
            ?? "the provider"
    }
}

/// Asks providers again and again about who is signed in.
struct ProviderChecks: Service {
    let parts: Parts

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            do {
                try await parts.rechecking.run { try await parts.signIn.recheckSessions() }
            } catch is CancellationError {}
        }
    }
}
