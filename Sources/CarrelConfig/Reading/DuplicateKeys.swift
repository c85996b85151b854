import Yams

/// Yams stops at the first key that is given twice. So that everything else is checked as well, the first of the two
/// is written over with a stand-in of the same length, and the text composed again.
struct DuplicateKeys {
    private(set) var text: String
    /// Stand-in → the key that stood there.
    private(set) var renamed: [String: String] = [:]

    init(text: String) { self.text = text }

    /// Private-use characters, which no key of ours has.
    private static let first: UInt32 = 0xE000
    private static let limit = 50

    /// False when the key at the mark can't be written over: an alias, a mapping, or already too many.
    mutating func rename(_ mark: Mark) -> Bool {
        guard renamed.count < Self.limit, let stand = Unicode.Scalar(Self.first + UInt32(renamed.count)) else {
            return false
        }
        var scalars = Array(text.unicodeScalars)
        guard var start = offset(of: mark, in: scalars) else { return false }
        if start < scalars.count, scalars[start] == "\"" || scalars[start] == "'" { start += 1 }
        var end = start
        while end < scalars.count, Self.isPlain(scalars[end]) { end += 1 }
        guard end > start else { return false }
        var key = String.UnicodeScalarView()
        key.append(contentsOf: scalars[start..<end])
        for index in start..<end { scalars[index] = stand }
        renamed[String(repeating: Character(stand), count: end - start)] = String(key)
        var next = String.UnicodeScalarView()
        next.append(contentsOf: scalars)
        text = String(next)
        return true
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || scalar == "-" || scalar == "_" || scalar == "."
            || ("0"..."9").contains(scalar)
    }

    private func offset(of mark: Mark, in scalars: [Unicode.Scalar]) -> Int? {
        var line = 1
        var index = 0
        while line < mark.line {
            guard index < scalars.count else { return nil }
            if scalars[index] == "\n" { line += 1 }
            index += 1
        }
        let offset = index + mark.column - 1
        return offset < scalars.count ? offset : nil
    }
}
