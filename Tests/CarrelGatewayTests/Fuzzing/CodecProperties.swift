#if !FUZZING
    @testable import CarrelGateway
#endif

/// What must be true of the codec for any bytes whatever.
///
/// An input's first byte tells what the others are: `Q` requests of a client, `R` responses to a GET, `H` responses to a
/// HEAD, `C` a chunked body.
enum CodecProperties {
    /// Another reader: llhttp, which SwiftNIO, Node.js and others use.
    struct Reference: Sendable {
        /// Whether it gives lines as text: bytes that are no UTF-8 are not told apart then.
        var isTextual = false
        let read: @Sendable (_ bytes: [UInt8], _ direction: Direction) -> Reading
    }

    private static let chunkedHead = Array("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)

    /// The methods that llhttp knows and reads as HTTP/1.1.
    private static let known: Set<[UInt8]> = Set(
        """
        DELETE GET HEAD POST PUT OPTIONS COPY LOCK MKCOL MOVE PROPFIND PROPPATCH SEARCH UNLOCK BIND REBIND UNBIND ACL \
        REPORT MKACTIVITY CHECKOUT MERGE M-SEARCH NOTIFY SUBSCRIBE UNSUBSCRIBE PATCH PURGE MKCALENDAR LINK UNLINK QUERY
        """
        .split(separator: " ").map { Array($0.utf8) }
    )

    /// Returns what is wrong, in sentences; nothing if all is well.
    static func violations(of input: [UInt8], reference: Reference) -> [String] {
        guard let first = input.first else { return [] }
        let bytes = Array(input.dropFirst())
        switch first {
        case UInt8(ascii: "Q"): return violations(of: bytes, .requests, reference)
        case UInt8(ascii: "R"): return violations(of: bytes, .responses(answersHead: false), reference)
        case UInt8(ascii: "H"): return violations(of: bytes, .responses(answersHead: true), reference)
        case UInt8(ascii: "C"): return violations(of: chunkedHead + bytes, .requests, reference)
        default: return []
        }
    }

    private static func violations(of bytes: [UInt8], _ direction: Direction, _ reference: Reference) -> [String] {
        let whole = MessageReader.read(bytes, direction)
        return [
            sound(whole), splitting(bytes, whole), encoding(whole),
            agreement(whole, with: reference.read(bytes, direction), asText: reference.isTextual),
        ].compactMap { $0 }
    }

    /// Nothing that was accepted holds a byte that could end a line or a string somewhere else.
    private static func sound(_ reader: MessageReader) -> String? {
        func isClean(_ bytes: [UInt8]) -> Bool { !bytes.contains { $0 == 0 || $0 == 10 || $0 == 13 } }
        for message in reader.reading.messages {
            let lines = [message.subject, message.target] + message.fields.flatMap { [$0.name, $0.value] }
            guard lines.allSatisfy(isClean) else { return "A line break or NUL was accepted within a line." }
            let framing = message.fields.filter { ["content-length", "transfer-encoding"].contains(lowered($0.name)) }
            guard framing.count <= 1 else { return "A message was accepted with two lengths." }
        }
        return nil
    }

    /// However the bytes are split, the outcome is the same.
    private static func splitting(_ bytes: [UInt8], _ whole: MessageReader) -> String? {
        for step in bytes.count <= 1024 ? [1, 7] : [61, 509] {
            var reader = MessageReader(whole.direction)
            var index = 0
            while index < bytes.count {
                let end = min(index + step, bytes.count)
                reader.feed(bytes[index..<end])
                index = end
            }
            reader.finish()
            if reader.reading != whole.reading || reader.isOver != whole.isOver {
                return "Split into pieces of \(step), the bytes are read in another way."
            }
        }
        return nil
    }

    /// What was read, written down and read again, is the same.
    private static func encoding(_ reader: MessageReader) -> String? {
        var forwarded = reader.forwarded.makeIterator()
        for message in reader.reading.messages {
            let target = forwarded.next() ?? []
            guard message.isWhole else { continue }
            let again = MessageReader.read(encoded(message, target: target, reader.direction), reader.direction)
            guard again.reading.messages.count == 1, !again.reading.isRefused, again.inbound.isEmpty,
                var read = again.reading.messages.first
            else { return "What was read can't be read again once it is written." }
            if reader.direction == .requests, read.target != target { return "The target changed when it was written." }
            read.target = message.target
            guard read == message else { return "What was read changed when it was written." }
        }
        return nil
    }

    private static func encoded(_ message: ReadMessage, target: [UInt8], _ direction: Direction) -> [UInt8] {
        let version = "HTTP/1.\(message.minorVersion)"
        var bytes: [UInt8] = []
        if target.isEmpty {
            bytes += Array("\(version) ".utf8) + message.subject + Array(" Any\r\n".utf8)
        } else {
            bytes += message.subject + [ByteClasses.space] + target + Array(" \(version)\r\n".utf8)
        }
        for field in message.fields { bytes += field.name + Array(": ".utf8) + field.value + [13, 10] }
        bytes += [13, 10]
        // A response to HEAD, or a 304, may say that it would have been chunked.
        let isChunked = message.fields.contains { lowered($0.name) == "transfer-encoding" }
        let hasNoBody =
            direction == .responses(answersHead: true) || target.isEmpty && message.subject == Array("304".utf8)
        guard isChunked, !hasNoBody else { return bytes + message.body }
        if !message.body.isEmpty {
            bytes += Array(String(message.body.count, radix: 16).utf8) + [13, 10] + message.body + [13, 10]
        }
        return bytes + Array("0\r\n\r\n".utf8)
    }

    /// What was accepted, the reference reads in the same way: the same messages, headers, bodies and ends.
    private static func agreement(_ reader: MessageReader, with theirs: Reading, asText: Bool) -> String? {
        var ours = reader.reading.messages
        if reader.direction == .requests, let strange = ours.firstIndex(where: { !known.contains($0.subject) }) {
            ours.removeSubrange(strange...)
        } else if reader.reading.isRefused, ours.last?.isWhole == false {
            ours.removeLast()
        } else if !reader.reading.isRefused, !reader.isOver, reader.inbound.isEmpty, theirs.isRefused {
            return "The reference refuses what was accepted."
        }
        guard theirs.messages.count >= ours.count else {
            return "The reference has \(theirs.messages.count) messages, of \(ours.count) that were accepted."
        }
        for (index, (our, their)) in zip(ours, theirs.messages).enumerated() {
            let our = asText ? our.asText : our
            if our == their { continue }
            return "Message \(index) reads differently: \(our.shown) here, \(their.shown) there."
        }
        return nil
    }

    private static func lowered(_ name: [UInt8]) -> String { String(decoding: name, as: UTF8.self).lowercased() }
}

extension ReadMessage {
    fileprivate var asText: ReadMessage {
        func text(_ bytes: [UInt8]) -> [UInt8] { Array(String(decoding: bytes, as: UTF8.self).utf8) }
        var copy = self
        copy.target = text(target)
        copy.fields = fields.map { Field(name: text($0.name), value: text($0.value)) }
        return copy
    }

    fileprivate var shown: String {
        func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self).debugDescription }
        let fields = fields.map { "\(text($0.name)): \(text($0.value))" }.joined(separator: ", ")
        return
            "\(text(subject)) \(text(target)) 1.\(minorVersion) [\(fields)] \(text(body)) \(isWhole ? "whole" : "cut")"
    }
}
