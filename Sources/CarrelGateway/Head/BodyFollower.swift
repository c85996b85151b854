/// Follows the body of one message to its end.
struct BodyFollower {
    enum Progress: Equatable {
        case more
        /// The message ends behind this many of the bytes.
        case finished(Int)
        case malformed
    }

    private enum State {
        case length(Int64)
        case chunked(ChunkedFraming)
        case untilClose
        case finished
    }

    private var state: State

    init(_ framing: BodyFraming) {
        switch framing {
        case .none: state = .finished
        case .length(let bytes): state = .length(bytes)
        case .chunked: state = .chunked(ChunkedFraming())
        case .untilClose: state = .untilClose
        }
    }

    var isFinished: Bool {
        if case .finished = state { return true }
        return false
    }

    var isChunked: Bool {
        if case .chunked = state { return true }
        return false
    }

    var endsWithConnection: Bool {
        if case .untilClose = state { return true }
        return false
    }

    mutating func consume(_ raw: UnsafeRawBufferPointer) -> Progress { consume(raw) { _ in } }

    /// Calls `data` with each range of `raw` that is the content itself, without what frames it.
    @inline(__always)
    mutating func consume(_ raw: UnsafeRawBufferPointer, data: (Range<Int>) -> Void) -> Progress {
        switch state {
        case .finished: return .finished(0)
        case .untilClose:
            data(0..<raw.count)
            return .more
        case .length(let left):
            if Int64(raw.count) < left {
                state = .length(left - Int64(raw.count))
                data(0..<raw.count)
                return .more
            }
            state = .finished
            data(0..<Int(left))
            return .finished(Int(left))
        case .chunked(var framing):
            // The state is put aside so that the trailer's bytes are not copied.
            state = .untilClose
            let progress = framing.consume(raw, data: data)
            switch progress {
            case .more:
                state = .chunked(framing)
                return .more
            case .finished(let count):
                state = .finished
                return .finished(count)
            case .malformed: return .malformed
            }
        }
    }
}
