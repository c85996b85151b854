import CarrelCore

/// One event loop's memory of who a credential stands for, until `credentialsChanged()` or its expiry.
///
/// Only admitted credentials are kept: a refused one may become good, and made-up ones must not fill it.
final class AccessCache {
    private static let limit = 8192
    private let authorize: @Sendable (GatewayCredential) -> Principal?
    private var known: [GatewayCredential: Principal] = [:]
    /// Rises with every change: what a connection remembers from an earlier one counts no more.
    private(set) var epoch = 0

    init(authorize: @escaping @Sendable (GatewayCredential) -> Principal?) { self.authorize = authorize }

    func forget() {
        known.removeAll()
        epoch += 1
    }

    func principal(of credential: GatewayCredential, now: Timestamp) -> Principal? {
        if let principal = known[credential], principal.expiresAt > now { return principal }
        guard let principal = authorize(credential), principal.expiresAt > now else { return nil }
        if known.count >= Self.limit { known.removeAll(keepingCapacity: true) }
        known[credential] = principal
        return principal
    }
}

/// What a connection last proved: the next request on it usually brings the same, and comparing bytes is all it takes.
///
/// A class: as a value it would be copied, text by text, for every request.
final class CredentialMemo {
    enum Kind {
        case session, workspaceCookie, token

        func credential(_ text: String) -> GatewayCredential {
            switch self {
            case .session: .cookie(text)
            case .workspaceCookie: .workspaceCookie(text)
            case .token: .bearer(text)
            }
        }
    }

    let credential: GatewayCredential
    var bytes: [UInt8]
    let kind: Kind
    var principal: Principal
    var epoch: Int

    init(credential: GatewayCredential, bytes: [UInt8], kind: Kind, principal: Principal, epoch: Int) {
        self.credential = credential
        self.bytes = bytes
        self.kind = kind
        self.principal = principal
        self.epoch = epoch
    }
}

extension ClientConnection {
    /// The first of the head's credentials that admits to the workspace. Remembers it in `memo`.
    func isAdmitted(
        _ head: RequestHead,
        _ raw: UnsafeRawBufferPointer,
        to plan: RoutePlan,
        now: Timestamp
    ) -> Bool {
        if head.hasAuthorization {
            for field in head.fields where field.kind == .authorization {
                guard let token = CredentialScan.carrelToken(raw, field.value) else { continue }
                return isAdmitted(raw, token, as: .token, to: plan, now: now)
            }
        }
        var admitted = false
        let kind = plan.cookie == nil ? CredentialMemo.Kind.session : .workspaceCookie
        CredentialScan.forEachCookie(named: plan.cookie ?? listener.sessionCookie, in: head, raw) { value in
            admitted = isAdmitted(raw, value, as: kind, to: plan, now: now)
            return !admitted
        }
        return admitted
    }

    private func isAdmitted(
        _ raw: UnsafeRawBufferPointer,
        _ value: Range<Int>,
        as kind: CredentialMemo.Kind,
        to plan: RoutePlan,
        now: Timestamp
    ) -> Bool {
        if let memo, memo.kind == kind, memo.epoch == loop.access.epoch, raw.equals(value, exactly: memo.bytes) {
            return memo.principal.admits(to: plan, now: now)
        }
        let text = raw.text(value)
        let credential = kind.credential(text)
        guard let principal = loop.access.principal(of: credential, now: now), principal.admits(to: plan, now: now)
        else { return false }
        memo = CredentialMemo(
            credential: credential,
            bytes: Array(raw[value]),
            kind: kind,
            principal: principal,
            epoch: loop.access.epoch
        )
        return true
    }

    /// Whether what was last proved still admits to the workspace that this connection uses now.
    func isStillAdmitted(now: Timestamp) -> Bool {
        guard let entry, let memo else { return true }
        if memo.epoch != loop.access.epoch {
            guard let principal = loop.access.principal(of: memo.credential, now: now) else { return false }
            memo.principal = principal
            memo.epoch = loop.access.epoch
        }
        return memo.principal.admits(to: entry.plan, now: now)
    }
}

extension Principal {
    func admits(to plan: RoutePlan, now: Timestamp) -> Bool {
        plan.admits(user) && entersWorkspaces && expiresAt > now
            && (workspace == nil || workspace == plan.route.workspace)
            && (closedApps.isEmpty || !closedApps.contains(plan.route.app))
    }
}
