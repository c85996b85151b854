import CarrelCore
import HTTPTypes
import Hummingbird
import Logging

/// The way of every request through the hub: who, where, allowed?, answer, headers, log.
struct HubResponder: HTTPResponder {
    typealias Context = HubContext

    /// Longest path with query that is looked at, in bytes.
    static let targetLimit = 16_384

    let hub: Hub
    let routes: RouteTable

    func respond(to request: Request, context: HubContext) async throws -> Response {
        let started = ContinuousClock.now
        let requestID = Self.requestID(of: request)
        var call = Call.unrouted(hub, request, requestID)
        var response: Response
        let isInside = await hub.services.gate.enter()
        defer { if isInside { hub.services.gate.leave() } }
        do {
            guard isInside else { throw Refusal.handedOver }
            guard call.path.utf8.count + (call.query?.utf8.count ?? 0) <= Self.targetLimit else {
                throw Refusal(.uriTooLong, "too-large", "The address is too long.")
            }
            if hub.listener == .control { call.peer = await Peer.of(context.channel) }
            call = call.sent(by: try await hub.caller(of: request, settings: call.settings))
            if let site = call.site {
                response = try await WorkspaceDoor.answer(call, site)
            } else {
                response = try await answer(&call)
            }
        } catch {
            response = ErrorResponse.make(error, call)
        }
        if request.method == .head { response = response.createHeadResponse() }
        SecurityHeaders.add(to: &response, requestID: requestID, sites: call.settings.sites)
        RequestLog.write(call, response, took: .now - started)
        return response
    }

    private func answer(_ call: inout Call) async throws -> Response {
        switch routes.match(call.request.method, call.path) {
        case .found(let endpoint, let parameters):
            call = call.routed(parameters)
            call.form = try await AccessCheck(call).admit(endpoint)
            return try await endpoint.handler(call)
        case .otherMethods(let methods):
            throw Refusal.otherMethods(methods)
        case .none:
            throw CarrelError(.notFound, "There is nothing at this address.")
        }
    }

    /// The gateway's, if it sent one of a sane shape; else a new one.
    private static func requestID(of request: Request) -> String {
        if let sent = request.headers[.requestID], (1...64).contains(sent.utf8.count),
            sent.utf8.allSatisfy({
                (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45
            })
        {
            return sent
        }
        var random = SystemRandomNumberGenerator()
        return RandomText.base32(length: 16, from: &random)
    }
}

extension Call {
    static func unrouted(_ hub: Hub, _ request: Request, _ requestID: String) -> Self {
        let target = request.head.path ?? "/"
        let split = target.firstIndex(of: "?")
        return Self(
            hub: hub,
            request: request,
            settings: hub.services.settings(),
            requestID: requestID,
            path: target[..<(split ?? target.endIndex)],
            query: split.map { target[target.index(after: $0)...] },
            parameters: [:],
            caller: .nobody
        )
    }

    func sent(by caller: Caller) -> Self { with(caller: caller, parameters: parameters) }
    func routed(_ parameters: [String: Substring]) -> Self { with(caller: caller, parameters: parameters) }

    private func with(caller: Caller, parameters: [String: Substring]) -> Self {
        Self(
            hub: hub,
            request: request,
            settings: settings,
            requestID: requestID,
            path: path,
            query: query,
            parameters: parameters,
            caller: caller,
            peer: peer
        )
    }
}
