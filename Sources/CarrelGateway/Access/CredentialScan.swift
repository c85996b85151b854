/// Finds in a head what proves who sends it.
enum CredentialScan {
    /// How many cookies of the session's name are looked at: a page may have set others of that name.
    static let cookieLimit = 4

    /// The value of `Authorization: Bearer carrel_…`; nil for tokens that are the app's own.
    static func carrelToken(_ raw: UnsafeRawBufferPointer, _ value: Range<Int>) -> Range<Int>? {
        guard raw.hasPrefix(value, "bearer ") else { return nil }
        let token = raw.trimmed((value.lowerBound + 7)..<value.upperBound)
        return raw.hasPrefix(token, "carrel_") ? token : nil
    }

    /// Calls `body` with the value of each cookie of that name, at most `cookieLimit`, until it returns false.
    @inline(__always)
    static func forEachCookie(
        named name: [UInt8],
        in head: RequestHead,
        _ raw: UnsafeRawBufferPointer,
        _ body: (Range<Int>) -> Bool
    ) {
        guard head.hasCookie else { return }
        var left = cookieLimit
        for field in head.fields where field.kind == .cookie && left > 0 {
            raw.forEachElement(of: field.value, separator: ByteClasses.semicolon) { pair in
                guard pair.count > name.count, raw[pair.lowerBound + name.count] == ByteClasses.equals,
                    raw.equals(pair.lowerBound..<(pair.lowerBound + name.count), exactly: name)
                else { return true }
                left -= 1
                if !body((pair.lowerBound + name.count + 1)..<pair.upperBound) { left = 0 }
                return left > 0
            }
        }
    }
}
