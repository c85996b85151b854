/// How much a client may send before it has to wait (RFC 9113 section 6.9): widened to its full size when half is used.
struct InboundWindow {
    private let target: Int
    /// What the client may still send, as the connection last said.
    var size: Int

    init(_ target: Int, size: Int? = nil) {
        self.target = target
        self.size = size ?? target
    }

    /// By how much to widen it now; nil: not yet. `held`: bytes that came and were not taken.
    func increment(held: Int = 0) -> Int? {
        let more = target - size - held
        return more > 0 && more >= target / 2 ? more : nil
    }
}
