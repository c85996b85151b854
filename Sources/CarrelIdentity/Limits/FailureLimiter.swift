import CarrelCore

/// Slows down guessing: failures of the last `window` are counted per key; beyond `free` of them each further one
/// doubles the wait, up to `longest`. Nothing is locked for good, and attempts that were refused don't count.
/// A value: time is passed in.
struct FailureLimiter: Sendable {
    struct Policy: Hashable, Sendable {
        var free: Int
        var window: Duration
        var shortest: Duration
        var longest: Duration

        /// One account, from wherever.
        static let account = Policy(free: 10, window: .seconds(900), shortest: .seconds(1), longest: .seconds(300))
        /// One address: a whole classroom may sit behind it.
        static let client = Policy(free: 100, window: .seconds(900), shortest: .seconds(1), longest: .seconds(60))
    }

    enum Key: Hashable, Sendable {
        case account(String)
        case client(String)
        /// An account at an address where it signed in before: strangers who guess elsewhere don't keep its member out.
        case known(account: String, client: String)

        var policy: Policy {
            if case .client = self { .client } else { .account }
        }
    }

    private struct Entry: Sendable {
        /// Begun and not taken back, oldest first; at most a few more than `free`.
        var failures: [Timestamp] = []
        var touched: Timestamp
    }

    private struct Pair: Hashable, Sendable {
        var account: String
        var client: String
    }

    /// How many keys are remembered; beyond it the longest untouched are forgotten, waiting ones last.
    let capacity: Int
    private var entries: [Key: Entry] = [:]
    private var known: [Pair: Timestamp] = [:]

    init(capacity: Int = 20_000) { self.capacity = max(8, capacity) }

    var count: Int { max(entries.count, known.count) }

    /// Begins an attempt: it counts as a failure until `succeeded` or `withdraw` says otherwise, so that many at once
    /// don't slip through. Returns how long to wait if it must not be made; then nothing is counted.
    /// `account` is nil if what was typed can't be an account's name.
    mutating func begin(account: String?, client: String, at now: Timestamp) -> Duration? {
        let keys = keys(account: account, client: client)
        let wait = keys.map { self.wait(for: $0, at: now) }.max() ?? Duration.zero
        guard wait <= .zero else { return wait }
        for key in keys {
            let start = now - key.policy.window
            var entry = entries[key] ?? Entry(touched: now)
            entry.failures.removeAll { $0 <= start }
            entry.failures.append(now)
            entry.touched = now
            entries[key] = entry
        }
        if entries.count > capacity { forget(at: now) }
        return nil
    }

    /// Clears the account's failures, and takes the one just counted from the address.
    mutating func succeeded(account: String, client: String, begun: Timestamp, at now: Timestamp) {
        entries[.account(account)] = nil
        entries[.known(account: account, client: client)] = nil
        remove(begun, from: .client(client))
        known[Pair(account: account, client: client)] = now
        guard known.count > capacity else { return }
        let oldest = known.sorted { $0.value < $1.value }.prefix(capacity / 4 + 1)
        for (pair, _) in oldest { known[pair] = nil }
    }

    /// The attempt was never decided: not this member's fault.
    mutating func withdraw(account: String?, client: String, begun: Timestamp) {
        for key in keys(account: account, client: client) { remove(begun, from: key) }
    }

    private func keys(account: String?, client: String) -> [Key] {
        guard let account else { return [.client(client)] }
        let isKnown = known[Pair(account: account, client: client)] != nil
        return [isKnown ? .known(account: account, client: client) : .account(account), .client(client)]
    }

    private func wait(for key: Key, at now: Timestamp) -> Duration {
        let policy = key.policy
        guard let failures = entries[key]?.failures.filter({ $0 > now - policy.window }), let last = failures.last,
            failures.count >= policy.free
        else { return .zero }
        let doublings = min(failures.count - policy.free, 20)
        let wait = min(policy.longest, policy.shortest * (1 << doublings))
        return last + wait - now
    }

    private mutating func remove(_ begun: Timestamp, from key: Key) {
        guard var entry = entries[key], let index = entry.failures.lastIndex(of: begun) else { return }
        entry.failures.remove(at: index)
        entries[key] = entry.failures.isEmpty ? nil : entry
    }

    /// A quarter at a time, so that a full table does not cost a sweep per attempt.
    private mutating func forget(at now: Timestamp) {
        entries = entries.filter { key, entry in entry.failures.contains { $0 > now - key.policy.window } }
        guard entries.count > capacity else { return }
        let order = entries.map { key, entry in (key, waits: wait(for: key, at: now) > .zero, entry.touched) }
            .sorted { left, right in left.waits == right.waits ? left.2 < right.2 : right.waits }
        for (key, _, _) in order.prefix(entries.count - capacity + capacity / 4) { entries[key] = nil }
    }
}
