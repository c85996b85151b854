extension String {
    /// nio-http2 decodes header values as UTF-8 and puts U+FFFD for every byte that is none: which bytes they were,
    /// nobody knows any more. One that was sent as U+FFFD counts too.
    var mayHaveLostBytes: Bool {
        var copy = self
        return copy.withUTF8 { bytes in
            // Its first byte is in few values.
            guard let first = bytes.firstIndex(of: 0xEF) else { return false }
            return (first..<max(first, bytes.count - 2)).contains {
                bytes[$0] == 0xEF && bytes[$0 + 1] == 0xBF && bytes[$0 + 2] == 0xBD
            }
        }
    }
}
