#if !FUZZING
    @testable import CarrelGateway
#endif

/// One message as a reader understood it.
struct ReadMessage: Equatable {
    struct Field: Equatable {
        var name: [UInt8]
        /// Without the blanks around it.
        var value: [UInt8]
    }

    /// Of a request its method, of a response its status.
    var subject: [UInt8] = []
    /// As it was sent; empty for responses.
    var target: [UInt8] = []
    var minorVersion: UInt8 = 1
    var fields: [Field] = []
    /// The content alone, without what frames it.
    var body: [UInt8] = []
    var isWhole = false
}

/// What became of all bytes of one direction of a connection.
struct Reading: Equatable {
    var messages: [ReadMessage] = []
    /// Something came that this reader does not accept. What it had accepted before stands.
    var isRefused = false
}

/// Whose bytes are read, and what is known of their answers.
enum Direction: Equatable {
    case requests
    /// Interim responses and one final one.
    case responses(answersHead: Bool)
}

/// Reads a connection with the gateway's own codec, as the connections of the gateway do, piece by piece.
struct MessageReader {
    let direction: Direction
    private(set) var reading = Reading()
    /// What an origin server is asked for, for each request.
    private(set) var forwarded: [[UInt8]] = []
    /// Whether nothing may follow: the connection ends here, or is switched to another protocol.
    private(set) var isOver = false
    private(set) var inbound: [UInt8] = []

    private let request = RequestHead()
    private let response = ResponseHead()
    private var headEnd = HeadEnd()
    private var body: BodyFollower?
    private var endsHere = false
    private var skippedEmptyLine = false

    init(_ direction: Direction) { self.direction = direction }

    static func read(_ bytes: [UInt8], _ direction: Direction) -> MessageReader {
        var reader = MessageReader(direction)
        reader.feed(bytes[...])
        reader.finish()
        return reader
    }

    mutating func feed(_ piece: ArraySlice<UInt8>) {
        guard !isOver, !reading.isRefused else { return }
        inbound += piece
        while !isOver, !reading.isRefused, !inbound.isEmpty {
            guard body == nil ? readHead() : readBody() else { return }
        }
    }

    /// The connection ended.
    mutating func finish() {
        guard let body, body.endsWithConnection, !reading.isRefused else { return }
        reading.messages[reading.messages.count - 1].isWhole = true
    }

    /// False if more must come first.
    private mutating func readHead() -> Bool {
        if direction == .requests, !skippedEmptyLine, inbound[0] == ByteClasses.carriageReturn {
            guard inbound.count > 1 else { return false }
            if inbound[1] == ByteClasses.lineFeed {
                skippedEmptyLine = true
                inbound.removeFirst(2)
                return true
            }
        }
        switch inbound.withUnsafeBytes({ headEnd.find(in: $0) }) {
        case .incomplete: return false
        case .bareLineFeed: reading.isRefused = true
        case .complete(let length):
            let head = Array(inbound[..<length])
            inbound.removeFirst(length)
            headEnd = HeadEnd()
            skippedEmptyLine = false
            guard let (message, framing) = head.withUnsafeBytes({ scan($0) }) else {
                reading.isRefused = true
                return true
            }
            reading.messages.append(message)
            body = BodyFollower(framing)
            if framing == .none { finishMessage() }
        }
        return true
    }

    private mutating func scan(_ raw: UnsafeRawBufferPointer) -> (ReadMessage, BodyFraming)? {
        var message = ReadMessage()
        let fields: ContiguousArray<HeaderField>
        let framing: BodyFraming
        switch direction {
        case .requests:
            guard (try? request.scan(raw, maxHeaders: 200)) != nil else { return nil }
            (fields, framing) = (request.fields, request.framing)
            message.subject = Array(raw[..<request.methodEnd])
            let end = raw[(request.methodEnd + 1)...].firstIndex(of: ByteClasses.space) ?? raw.count
            message.target = Array(raw[(request.methodEnd + 1)..<end])
            message.minorVersion = request.minorVersion
            let target = Array(raw[request.target])
            forwarded.append(target.first == ByteClasses.slash ? target : [ByteClasses.slash] + target)
            // Readers that offer no upgrade take a request with that header for one all the same.
            endsHere = !request.keepsAlive || fields.contains { $0.kind == .upgrade }
        case .responses(let answersHead):
            guard response.scan(raw, answersHead: answersHead, maxHeaders: 200), response.status != 101 else {
                return nil
            }
            (fields, framing) = (response.fields, response.framing)
            message.subject = Array("\(response.status)".utf8)
            message.minorVersion = response.minorVersion
            endsHere = response.status >= 200
        }
        message.fields = fields.map { ReadMessage.Field(name: Array(raw[$0.name]), value: Array(raw[$0.value])) }
        return (message, framing)
    }

    private mutating func readBody() -> Bool {
        guard var follower = body else { return false }
        body = nil
        var content: [UInt8] = []
        let progress = inbound.withUnsafeBytes { raw in follower.consume(raw) { content += raw[$0] } }
        body = follower
        reading.messages[reading.messages.count - 1].body += content
        switch progress {
        case .more:
            inbound.removeAll()
            return false
        case .finished(let count):
            inbound.removeFirst(count)
            finishMessage()
        case .malformed: reading.isRefused = true
        }
        return true
    }

    private mutating func finishMessage() {
        reading.messages[reading.messages.count - 1].isWhole = true
        body = nil
        isOver = endsHere
    }
}
