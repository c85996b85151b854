import CarrelCore
import CarrelIdentity
import HTTPTypes
import Hummingbird

/// Decides whether a call may reach its endpoint; throws how it is turned away.
struct AccessCheck {
    private let call: Call

    init(_ call: Call) { self.call = call }

    /// The fields of the form, where there is one.
    func admit(_ endpoint: Endpoint) async throws -> [String: String] {
        switch endpoint.access {
        case .anyone: return [:]
        case .page:
            try requirePerson()
            return [:]
        case .form:
            try requirePerson()
            try requireOwnOrigin()
            let fields = try await FormBody.fields(of: call.request)
            try requireCSRF(fields["csrf"])
            return fields
        case .api(let right):
            guard !call.caller.isNobody else { throw Self.unauthenticated }
            guard call.caller.has(right, on: call.hub.listener) else {
                throw CarrelError(.forbidden, "This session or token may not do that.")
            }
            let method = call.request.method
            if call.caller.session != nil, method != .get, method != .head {
                try requireOwnOrigin()
                try requireCSRF(call.request.headers[.csrf])
            }
            return [:]
        }
    }

    static let unauthenticated = CarrelError(.unauthenticated, "Sign in first, or send a valid token.")

    /// Signed in; on the operators' listener as an operator.
    private func requirePerson() throws {
        guard call.caller.user != nil else {
            let navigation = Navigation(call.request.head)
            guard navigation.wantsPage else { throw Self.unauthenticated }
            throw Redirect(to: SignInPage.address(next: navigation.mayBeSentElsewhere ? call.target : nil))
        }
        guard call.hub.listener == .users || call.caller.isOperator else {
            throw CarrelError(.forbidden, "This console is for operators.")
        }
    }

    /// A browser says where a request comes from: pages of other sites send us nothing that changes anything.
    private func requireOwnOrigin() throws {
        if let site = call.request.headers[.secFetchSite], site != "same-origin", site != "none" {
            throw CarrelError(.forbidden, "This request came from another site.")
        }
        if let origin = call.request.headers[.origin], !call.isOwn(origin: origin) {
            throw CarrelError(.forbidden, "This request came from another site.")
        }
    }

    /// Tokens are not sent by browsers of themselves, so need no such proof.
    private func requireCSRF(_ token: String?) throws {
        guard let session = call.caller.session else { return }
        guard let token, call.signIn.isCSRFToken(token, for: session.description) else {
            throw CarrelError(.forbidden, "This page was open for too long. Go back, reload it and try again.")
        }
    }
}

extension Call {
    /// Path and query as sent.
    var target: String { query.map { "\(path)?\($0)" } ?? String(path) }
}
