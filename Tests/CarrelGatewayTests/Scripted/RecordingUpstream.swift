import CarrelGateway
import Synchronization

/// An upstream that keeps every byte it gets, answers each whole request, and knows when all its connections ended.
final class RecordingUpstream: Sendable {
    private struct State {
        /// By connection, in the order in which they came.
        var received: [[UInt8]] = []
        var wholeRequests = 0
        var open = 0
        var waiter: CheckedContinuation<Void, Never>?
    }

    /// What the test sends through a tunnel last; the tunnel ends with it.
    static let tunnelEnd = Array("END.".utf8)

    private let state = Mutex(State())

    var received: [UInt8] { state.withLock { Array($0.received.joined()) } }
    var wholeRequests: Int { state.withLock(\.wholeRequests) }

    /// `answer`: what each whole request is answered with; where that is a 101, a tunnel follows.
    func script(_ answer: [UInt8]) -> ScriptedServer.Script {
        { _, connection in
            let index = self.begin()
            defer { self.end() }
            var reader = MessageReader(.requests)
            var answered = 0
            let switches = answer.starts(with: Array("HTTP/1.1 101".utf8))
            while true {
                let piece = try await connection.takeBytes { $0.isEmpty ? nil : $0.count }
                self.state.withLock { $0.received[index] += piece }
                if switches, answered > 0 {
                    let isOver = self.state.withLock { $0.received[index].suffix(4).elementsEqual(Self.tunnelEnd) }
                    if isOver { return }
                    continue
                }
                reader.feed(piece[...])
                let whole = reader.reading.messages.count { $0.isWhole }
                while answered < whole {
                    answered += 1
                    self.state.withLock { $0.wholeRequests += 1 }
                    try await connection.send(answer)
                }
            }
        }
    }

    private func begin() -> Int {
        state.withLock { state in
            state.open += 1
            state.received.append([])
            return state.received.count - 1
        }
    }

    private func end() {
        let waiter = state.withLock { state in
            state.open -= 1
            guard state.open == 0 else { return CheckedContinuation<Void, Never>?.none }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Returns once no connection is open.
    func ended() async {
        await withCheckedContinuation { waiter in
            let isOver = state.withLock { state in
                if state.open == 0 { return true }
                state.waiter = waiter
                return false
            }
            if isOver { waiter.resume() }
        }
    }
}
