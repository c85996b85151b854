public import CarrelCore
import Synchronization

/// A store that forgets when it goes, with the semantics of `Store`. Several views of one memory may exist, as several
/// processes would share a database.
public final class MemoryStore: Store {
    /// Called before (`false`) and after (`true`) each call takes effect, with its name; what it throws, the call throws.
    public typealias Hook = @Sendable (_ call: String, _ hasHappened: Bool) throws -> Void

    final class Memory: Sendable {
        struct Content {
            var users: [UserID: User] = [:]
            var userOrder: [UserID] = []
            var passwords: [String: String] = [:]
            var nextUID: UInt32 = 70_001
            var sessions: [SessionID: Session] = [:]
            var grants: [SessionID: ProviderGrant] = [:]
            var tokens: [APIToken] = []
            var tickets: [String: LaunchTicket] = [:]
            var workspaces: [WorkspaceID: Workspace] = [:]
            var order: [WorkspaceID: Int] = [:]
            var endOrder: [WorkspaceID: Int] = [:]
            var livingIDs: Set<WorkspaceID> = []
            var unreadable: [String] = []
            var decisions: [Decision] = []
            var record: [ChainedEntry] = []
            var homes: [HomeKey: HomeRecord] = [:]
            var random = SystemRandomNumberGenerator()
            var watchers: [Int: (view: Int, stream: AsyncStream<Void>.Continuation)] = [:]
            var closed: Set<Int> = []
            var next = 0
        }

        let content = Mutex(Content())
    }

    let memory: Memory
    let hook: Hook?
    private let view: Int

    public init() {
        memory = Memory()
        hook = nil
        view = 0
    }

    /// Another process's view of the same memory.
    public init(sharing other: MemoryStore, hook: Hook? = nil) {
        memory = other.memory
        self.hook = hook
        view = other.memory.content.withLock { content in
            content.next += 1
            return content.next
        }
    }

    /// The living ones at this moment, in no order, without counting as a call.
    public var livingNow: [Workspace] {
        memory.content.withLock { content in content.livingIDs.compactMap { content.workspaces[$0] } }
    }

    /// One transaction: whole, or not at all, for every `body` throws before it changes anything.
    func transact<T: Sendable>(_ call: String, _ body: (inout Memory.Content) throws -> T) throws -> T {
        try hook?(call, false)
        let (result, others) = try memory.content.withLock { content in
            guard !content.closed.contains(view) else { throw CarrelError(.storeFailed, "The store is closed.") }
            let recorded = content.record.count
            let result = try body(&content)
            let others = content.record.count > recorded ? content.watchers.values.filter { $0.view != view } : []
            return (result, others.map(\.stream))
        }
        for stream in others { stream.yield() }
        try hook?(call, true)
        return result
    }

    public func externalChanges() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let number = memory.content.withLock { content in
            content.next += 1
            content.watchers[content.next] = (view, continuation)
            return content.next
        }
        // The first tells that it listens.
        continuation.yield()
        continuation.onTermination = { [memory] _ in
            memory.content.withLock { content in content.watchers[number] = nil }
        }
        return stream
    }

    public func close() async throws {
        let mine = memory.content.withLock { content in
            content.closed.insert(view)
            return content.watchers.values.filter { $0.view == view }.map(\.stream)
        }
        for stream in mine { stream.finish() }
    }

    /// Makes a row unreadable, as a damaged database would: it is in `unreadable`, and nowhere else.
    public func damage(_ id: WorkspaceID) {
        memory.content.withLock { content in
            content.workspaces[id] = nil
            content.livingIDs.remove(id)
            content.unreadable.append(id.description)
        }
    }
}

extension MemoryStore.Memory.Content {
    mutating func append(_ entry: RecordEntry) {
        let last = record.last { $0.chain == entry.actor.chain }
        record.append(
            ChainedEntry(
                chain: entry.actor.chain,
                sequence: (last?.sequence ?? 0) + 1,
                entry: entry,
                previous: last?.hash ?? ChainedEntry.genesis
            )
        )
    }
}
