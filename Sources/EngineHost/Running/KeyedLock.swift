/// Lets one task at a time work on a key, in the order they came.
package actor KeyedLock<Key: Hashable & Sendable> {
    private var waiting: [Key: [CheckedContinuation<Void, Never>]] = [:]

    package init() {}

    /// Keys somebody is working on now.
    package func isHeld(_ key: Key) -> Bool { waiting[key] != nil }

    package func withLock<Value: Sendable>(
        on key: Key,
        _ work: @Sendable () async throws -> Value
    ) async throws -> Value {
        await acquire(key)
        defer { release(key) }
        return try await work()
    }

    private func acquire(_ key: Key) async {
        guard waiting[key] != nil else {
            waiting[key] = []
            return
        }
        await withCheckedContinuation { waiting[key]?.append($0) }
    }

    private func release(_ key: Key) {
        guard var queue = waiting[key], !queue.isEmpty else {
            waiting[key] = nil
            return
        }
        let next = queue.removeFirst()
        waiting[key] = queue
        next.resume()
    }
}
