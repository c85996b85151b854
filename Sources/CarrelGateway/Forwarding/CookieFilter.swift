/// Takes the hub's cookies out of what a workspace is sent.
enum CookieFilter {
    /// Whether the header has any cookie of these names.
    static func hasAny(of names: [[UInt8]], _ raw: UnsafeRawBufferPointer, _ value: Range<Int>) -> Bool {
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
        without names: [[UInt8]],
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

    private static func isOne(of names: [[UInt8]], _ raw: UnsafeRawBufferPointer, _ pair: Range<Int>) -> Bool {
        let end = raw.first(ByteClasses.equals, in: pair) ?? pair.upperBound
        let name = raw.trimmed(pair.lowerBound..<end)
        return names.contains { raw.equals(name, exactly: $0) }
    }
}
