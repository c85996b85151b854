import CarrelTesting
import NIOCore
import NIOPosix
import Synchronization

/// Stands between an engine object and the real engine, on a unix socket of its own, and plays tricks on calls. One
/// connection carries one call.
final class UnreliableEngine: Sendable {
    enum Trick: Sendable {
        /// Answered with 500, without asking the engine.
        case refuse
        /// The connection ends before the engine hears of the call.
        case dropBefore
        /// The engine does it; the connection ends instead of an answer.
        case dropAfter
        /// The engine never hears of it, and nobody answers.
        case hold
        /// The engine does it, and nobody answers.
        case swallow
        /// The answer's head comes, and nothing else.
        case headOnly
    }

    private struct Rule {
        var method: String
        var path: String
        var trick: Trick
        var times: Int
    }

    private struct State {
        var rules: [Rule] = []
        /// Answers that are given again and again, by path.
        var frozen: [String: [UInt8]] = [:]
        var freezing: Set<String> = []
        /// Streams older than this are silent, by path.
        var silent: [String: Int] = [:]
        var count = 0
        var seen: [String] = []
    }

    let path: String
    private let upstream: String
    private let state = Mutex(State())

    private init(path: String, upstream: String) { (self.path, self.upstream) = (path, upstream) }

    /// Runs `work` with one on the socket `path`, before the engine at `upstream`.
    static func with<Result: Sendable>(
        path: String,
        upstream: String,
        _ work: (UnreliableEngine) async throws -> Result
    ) async throws -> Result {
        let engine = UnreliableEngine(path: path, upstream: upstream)
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(unixDomainSocketPath: path) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        let serving = Task {
            try await server.executeThenClose { connections in
                try await withThrowingDiscardingTaskGroup { group in
                    for try await connection in connections {
                        group.addTask { try? await connection.executeThenClose(engine.serve) }
                    }
                }
            }
        }
        do {
            let result = try await work(engine)
            serving.cancel()
            _ = await serving.result
            return result
        } catch {
            serving.cancel()
            _ = await serving.result
            throw error
        }
    }

    // MARK: Tricks

    /// On the next calls of this kind; `path` is what the path ends with, without the query.
    func play(_ trick: Trick, on method: String, _ path: String, times: Int = 1) {
        state.withLock { $0.rules.append(Rule(method: method, path: path, trick: trick, times: times)) }
    }

    /// From now on it only hands on.
    func stopPlaying() {
        state.withLock {
            $0.rules = []
            $0.frozen = [:]
            $0.freezing = []
        }
    }

    /// The answer that this path gives next is what it gives until `thaw`.
    func freeze(_ path: String) { state.withLock { _ = $0.freezing.insert(path) } }

    func thaw(_ path: String) {
        state.withLock {
            $0.freezing.remove(path)
            $0.frozen[path] = nil
        }
    }

    /// Nothing comes any more on the connections that carry this path now; they stay open.
    func silence(_ path: String) { state.withLock { $0.silent[path] = $0.count } }

    /// `GET /path` of every call so far, without the query.
    var calls: [String] { state.withLock(\.seen) }

    private func trick(on method: String, _ path: String) -> Trick? {
        state.withLock { state in
            guard
                let index = state.rules.firstIndex(where: {
                    $0.times > 0 && $0.method == method && path.hasSuffix($0.path)
                })
            else { return nil }
            state.rules[index].times -= 1
            return state.rules[index].trick
        }
    }

    // MARK: Calls

    private func serve(
        _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>,
        _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async throws {
        guard let call = try await Call(inbound) else { return }
        let number = state.withLock { state in
            state.seen.append("\(call.method) \(call.path)")
            state.count += 1
            return state.count
        }
        let trick = trick(on: call.method, call.path)
        switch trick {
        case .refuse:
            let text = #"{"message":"the test refuses"}"#
            return try await outbound.write(
                ByteBuffer(
                    string: "HTTP/1.1 500 Internal Server Error\r\nContent-Length: \(text.utf8.count)\r\n"
                        + "Connection: close\r\n\r\n\(text)"
                )
            )
        case .dropBefore: return
        case .hold: return try await Self.forever()
        case .dropAfter, .swallow, .headOnly, nil: break
        }
        let key = state.withLock { state in
            (state.freezing.union(state.frozen.keys)).first { call.method == "GET" && call.path.hasSuffix($0) }
        }
        if let key, let frozen = state.withLock({ $0.frozen[key] }) {
            return try await outbound.write(ByteBuffer(bytes: frozen))
        }
        let engine = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(unixDomainSocketPath: upstream) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        try await engine.executeThenClose { answer, ask in
            try await ask.write(ByteBuffer(bytes: call.bytes))
            var kept: [UInt8] = []
            for try await part in answer {
                if trick == .headOnly {
                    kept += part.readableBytesView
                    guard let end = kept.headEnd else { continue }
                    try await outbound.write(ByteBuffer(bytes: kept[..<end]))
                    try await Self.forever()
                }
                if trick != nil { continue }
                let silent = state.withLock { state in
                    state.silent.contains { call.path.hasSuffix($0.key) && $0.value >= number }
                }
                if silent { try await Self.forever() }
                if key != nil { kept += part.readableBytesView } else { try await outbound.write(part) }
            }
            if let key {
                state.withLock { [kept] in
                    $0.freezing.remove(key)
                    $0.frozen[key] = kept
                }
                try await outbound.write(ByteBuffer(bytes: kept))
            }
        }
        if trick == .swallow { try await Self.forever() }
    }

    /// Until the test is over.
    private static func forever() async throws { try await Task.sleep(for: .seconds(86_400)) }

    private struct Call {
        let method: String
        let path: String
        /// To send on: the engine is to close the connection after its answer.
        let bytes: [UInt8]

        init?(_ inbound: NIOAsyncChannelInboundStream<ByteBuffer>) async throws {
            var all: [UInt8] = []
            var parts = inbound.makeAsyncIterator()
            while all.headEnd == nil {
                guard let part = try await parts.next() else { return nil }
                all += part.readableBytesView
            }
            guard let end = all.headEnd else { return nil }
            let lines = String(decoding: all[..<(end - 4)], as: UTF8.self).split(separator: "\r\n").map(String.init)
            let words = lines[0].split(separator: " ").map(String.init)
            guard words.count == 3 else { throw ContractBroken("\(lines[0]) is no request") }
            method = words[0]
            path = words[1].split(separator: "?").first.map(String.init) ?? ""
            let length = lines.first { $0.lowercased().hasPrefix("content-length:") }?.split(separator: " ").last
            while all.count < end + (length.flatMap { Int($0) } ?? 0) {
                guard let part = try await parts.next() else { return nil }
                all += part.readableBytesView
            }
            let head = lines.filter { !$0.lowercased().hasPrefix("connection:") } + ["Connection: close", "", ""]
            bytes = Array(head.joined(separator: "\r\n").utf8) + all[end...]
        }
    }
}

extension [UInt8] {
    /// After the empty line that ends a head.
    fileprivate var headEnd: Int? {
        guard count >= 4 else { return nil }
        return (4...count).first { Array(self[($0 - 4)..<$0]) == [13, 10, 13, 10] }
    }
}
