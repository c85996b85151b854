import CarrelCore

/// Carries a session from the hub's name over to a workspace's own.
struct EntryTicket: Hashable, Sendable {
    var session: SessionID
    var user: UserID
    /// Of the session.
    var issued: Timestamp
    var expires: Timestamp
    var workspace: WorkspaceID
    /// Below the workspace's path; begins with a slash.
    var path: String
    /// Digest of the mark of the browser that asked.
    var browser: String
    var goodUntil: Timestamp
}

/// The tickets that were given out and not used yet, by the digest of their secret. In memory: they live for seconds,
/// and who loses one to a restart is given another by the same way. Pure.
struct EntryTickets {
    static let lifetime = Duration.seconds(30)
    /// Of one session; the oldest gives way.
    static let perSession = 32
    /// Of everybody; the oldest give way.
    static let limit = 100_000

    private var tickets: [String: EntryTicket] = [:]
    /// As they were given out, with those that were used since.
    private var order: [String] = []

    var count: Int { tickets.count }

    mutating func add(_ ticket: EntryTicket, digest: String, now: Timestamp) {
        forgetOld(now)
        let mine = order.filter { tickets[$0]?.session == ticket.session }
        if mine.count >= Self.perSession, let oldest = mine.first { tickets[oldest] = nil }
        if tickets.count >= Self.limit, let oldest = order.first { tickets[oldest] = nil }
        tickets[digest] = ticket
        order.append(digest)
    }

    /// Once; nil if it is unknown, used or expired.
    mutating func take(digest: String, now: Timestamp) -> EntryTicket? {
        guard let ticket = tickets.removeValue(forKey: digest), ticket.goodUntil > now else { return nil }
        return ticket
    }

    /// All live equally long: the old ones are in front.
    private mutating func forgetOld(_ now: Timestamp) {
        let kept = order.drop { digest in
            guard let ticket = tickets[digest] else { return true }
            return ticket.goodUntil <= now
        }
        for digest in order.prefix(order.count - kept.count) { tickets[digest] = nil }
        order = Array(kept)
    }
}
