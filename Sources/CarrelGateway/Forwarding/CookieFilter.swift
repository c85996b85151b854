/// Cookies that workspaces neither see nor set.
struct HiddenCookies: Sendable {
    let names: [[UInt8]]
    /// Every name that begins so; nil: none.
    let prefix: [UInt8]?

    init(names: [[UInt8]], prefix: [UInt8]? = nil) {
        self.names = names
        self.prefix = prefix
    }

    func contains(_ raw: UnsafeRawBufferPointer, _ name: Range<Int>) -> Bool {
        if let prefix, name.count >= prefix.count,
            raw.equals(name.lowerBound..<(name.lowerBound + prefix.count), exactly: prefix)
        {
            return true
        }
        return names.contains { raw.equals(name, exactly: $0) }
    }
}

/// Takes the hub's cookies out of what a workspace is sent.
enum CookieFilter {
    /// Whether the header has any cookie of these names.
    static func hasAny(of names: HiddenCookies, _ raw: UnsafeRawBufferPointer, _ value: Range<Int>) -> Bool {
        var found = false
        raw.forEachElement(of: value, separator: ByteClasses.semicolon) { pair in
            found = isOne(of: names, raw, pair)
            return !found
        }
        return found
    }

    /// Writes the header without them, the other cookies byte for byte; nothing if none is left.
    static func write(
        _ raw: UnsafeRawBufferPointer,
        _ field: HeaderField,
        without names: HiddenCookies,
        into out: HeadText
    ) {
        var isFirst = true
        raw.forEachElement(of: field.value, separator: ByteClasses.semicolon) { pair in
            if pair.isEmpty || isOne(of: names, raw, pair) { return true }
            if isFirst {
                out.append(raw, Int(field.start)..<Int(field.valueStart))
            } else {
                out.append("; ")
            }
            isFirst = false
            out.append(raw, pair)
            return true
        }
        if !isFirst { out.append("\r\n") }
    }

    private static func isOne(of names: HiddenCookies, _ raw: UnsafeRawBufferPointer, _ pair: Range<Int>) -> Bool {
        let end = raw.first(ByteClasses.equals, in: pair) ?? pair.upperBound
        return names.contains(raw, raw.trimmed(pair.lowerBound..<end))
    }
}
