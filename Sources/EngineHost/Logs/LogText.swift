/// What every engine does with what apps print.
package enum LogText {
    /// The last `lines` lines.
    package static func last(_ lines: Int, of bytes: [UInt8]) -> String {
        guard lines > 0, !bytes.isEmpty else { return "" }
        var left = lines + (bytes.last == 10 ? 1 : 0)
        var start = bytes.count
        while start > 0 {
            if bytes[start - 1] == 10 {
                left -= 1
                if left == 0 { break }
            }
            start -= 1
        }
        return String(decoding: bytes[start...], as: UTF8.self)
    }

    /// How many bytes end with a whole UTF-8 character (RFC 3629); bytes that are none count as whole.
    package static func wholeCharacters(_ bytes: [UInt8]) -> Int {
        for back in 1...4 where back <= bytes.count {
            let byte = bytes[bytes.count - back]
            if byte & 0xc0 == 0x80 { continue }
            let length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
            return length > back ? bytes.count - back : bytes.count
        }
        return bytes.count
    }

    /// The last line that says something, cut to 300 characters.
    package static func lastWords(_ log: String) -> String? {
        let line = log.split(whereSeparator: \.isNewline).last { line in
            !line.allSatisfy(\.isWhitespace) && !line.hasPrefix("carrel: ")
        }
        return line.map { String($0.prefix(300)) }
    }

    /// Why an app ended, for its member: `It said last: …` where it said something.
    package static func ended(_ sentence: String, log: String) -> String {
        sentence + (lastWords(log).map { " It said last: \($0)" } ?? "")
    }

    package static func outOfMemory(limit: Int64?) -> String {
        let bytes = limit.map { " of \($0 / (1 << 20)) MiB" } ?? ""
        return "The app used more memory than its limit\(bytes) and was ended by the system."
    }
}
