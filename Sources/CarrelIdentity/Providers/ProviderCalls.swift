import CarrelCore
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Requests to one provider: so many at once and no more, answers read as JSON.
final class ProviderCalls: Sendable {
    /// At once; further ones are refused, so that a provider that hangs holds up nothing but its own sign-ins.
    static let most = 64

    private let http: any ProviderHTTP
    private let underWay = Mutex(0)

    init(http: any ProviderHTTP) { self.http = http }

    func send(_ request: ProviderRequest) async throws(ProviderFault) -> ProviderResponse {
        guard ProviderAddress.isSafe(request.url) else {
            throw ProviderFault(.untrusted, "a request would have left https")
        }
        let isFree = underWay.withLock { count in
            guard count < Self.most else { return false }
            count += 1
            return true
        }
        guard isFree else { throw ProviderFault(.unavailable, "\(Self.most) requests wait for the provider already") }
        defer { underWay.withLock { $0 -= 1 } }
        return try await http.send(request)
    }

    /// The JSON behind an address. `what` names it in faults.
    func json(
        _ what: String,
        at url: String,
        bearer: String? = nil,
        headers: [(name: String, value: String)] = [],
        timeout: Duration = .seconds(10)
    ) async throws(ProviderFault) -> JSONValue {
        try await page(what, at: url, bearer: bearer, headers: headers, timeout: timeout).json
    }

    func page(
        _ what: String,
        at url: String,
        bearer: String? = nil,
        headers: [(name: String, value: String)] = [],
        timeout: Duration = .seconds(10)
    ) async throws(ProviderFault) -> (json: JSONValue, link: String?) {
        var all: [(name: String, value: String)] = [("Accept", "application/json")] + headers
        if let bearer { all.append(("Authorization", "Bearer \(bearer)")) }
        let response = try await send(ProviderRequest(url: url, headers: all, timeout: timeout))
        switch (response.status, bearer) {
        case (200, _):
            guard let json = try? JSONReader.value(response.body) else {
                // A page for people, most often: a proxy's, or the provider's own while it is worked on.
                throw ProviderFault(
                    .unavailable,
                    "\(what) is no JSON but \(quotedForLog(response.contentType)), \(response.body.count) bytes"
                )
            }
            return (json, response.link)
        case (401, .some): throw ProviderFault(.spent, "\(what) does not take the access token any more (401)")
        case (429, _), (500..., _): throw ProviderFault(.unavailable, "\(what) answered \(response.status)")
        // A missing scope, a wrong address, a redirect, which is never followed.
        default: throw ProviderFault(.configuration, "\(what) answered \(response.status)")
        }
    }
}
