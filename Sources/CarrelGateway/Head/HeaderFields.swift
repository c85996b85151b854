/// One header line of a head, as positions in its bytes.
struct HeaderField {
    /// Where the line begins, which is where its name begins.
    var start: Int32
    var nameEnd: Int32
    /// The value without the blanks around it.
    var valueStart: Int32
    var valueEnd: Int32
    /// Behind the line's CR LF.
    var end: Int32
    var kind: HeaderKind

    var line: Range<Int> { Int(start)..<Int(end) }
    /// Whether a tab stands before or behind the value: a blank for some readers, part of the value for others.
    func hasTabs(_ raw: UnsafeRawBufferPointer) -> Bool {
        raw[Int(nameEnd)..<Int(valueStart)].contains(ByteClasses.tab)
            || raw[Int(valueEnd)..<Int(end)].contains(ByteClasses.tab)
    }

    var name: Range<Int> { Int(start)..<Int(nameEnd) }
    var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }
}

extension HeaderField {
    /// Reads the line that begins at `start`; nil if it breaks the grammar: a name that is no token (so a line that
    /// continues another one, and a space before the colon, are refused), a control byte in the value, a bare CR.
    @inline(__always)
    static func scan(_ raw: UnsafeRawBufferPointer, at start: Int) -> HeaderField? {
        let count = raw.count
        var index = start
        while index < count, ByteClasses.isToken(raw[index]) { index += 1 }
        guard index > start, index < count, raw[index] == ByteClasses.colon else { return nil }
        let nameEnd = index
        index += 1
        while index < count, ByteClasses.isBlank(raw[index]) { index += 1 }
        let valueStart = index
        index = ByteClasses.endOfFieldContent(raw, from: index)
        guard index + 1 < count, raw[index] == ByteClasses.carriageReturn, raw[index + 1] == ByteClasses.lineFeed
        else { return nil }
        var valueEnd = index
        while valueEnd > valueStart, ByteClasses.isBlank(raw[valueEnd - 1]) { valueEnd -= 1 }
        return HeaderField(
            start: Int32(truncatingIfNeeded: start),
            nameEnd: Int32(truncatingIfNeeded: nameEnd),
            valueStart: Int32(truncatingIfNeeded: valueStart),
            valueEnd: Int32(truncatingIfNeeded: valueEnd),
            end: Int32(truncatingIfNeeded: index + 2),
            kind: HeaderKind.of(raw, start..<nameEnd)
        )
    }
}
