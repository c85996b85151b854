/// What two processes say while one takes over from the other, one message each, in this order: the old one offers
/// (with its sockets and its lock), the new one takes, the old one hands over, the new one is ready, the old one has
/// left. Either may end it before `ready` by closing, the new one with a sentence.
struct TakeoverMessage: Codable, Sendable {
    enum Word: String, Codable, Sendable { case offer, take, handed, ready, left, failed }

    /// Whom an open file that comes with an offer belongs to; the lock's comes before them.
    struct Listener: Codable, Sendable {
        var name: String
        /// As configured.
        var bind: String
    }

    /// Of this conversation and of what follows between the two. A process refuses what it does not know.
    static let protocolNumber = 1

    var word: Word
    var `protocol` = Self.protocolNumber
    var version: String?
    var listeners: [Listener]?
    /// Of the old one's database.
    var schema: Int?
    var because: String?
}
