import NIOCore

/// A client's connection that carries no requests itself: one that has not said yet who it is and what it speaks, or
/// one whose requests come in streams.
protocol Entrance: AnyObject {
    /// Time went by.
    func sweep()
    /// No new requests: it closes now, or when those that are open have ended.
    func drain()
    func closeNow()
}
