/// nio-http2 decodes header values as UTF-8 and puts U+FFFD for every byte that is none: which bytes they were, nobody
/// knows any more. One that was sent as U+FFFD counts too.
extension UnsafeRawBufferPointer {
    var hasReplacements: Bool {
        // Its first byte is in few values.
        guard let first = first(0xEF, in: 0..<count) else { return false }
        return (first..<Swift.max(first, count - 2)).contains {
            self[$0] == 0xEF && self[$0 + 1] == 0xBF && self[$0 + 2] == 0xBD
        }
    }
}

extension String {
    var hasReplacements: Bool {
        var copy = self
        return copy.withUTF8 { UnsafeRawBufferPointer($0).hasReplacements }
    }
}
