/// Finds where a head ends, looking at every byte once however the head is split over reads.
///
/// Lines must end in CR LF; a bare LF is refused as soon as it is seen, not when the rest fails to come.
struct HeadEnd {
    enum Found: Equatable {
        case incomplete
        /// The head's length, its empty line included.
        case complete(Int)
        case bareLineFeed
    }

    /// Bytes that were looked at already.
    private var scanned = 0
    /// Where the current line begins.
    private var lineStart = 0

    /// The first line with its end, or what came of it.
    var firstLineBytes: Int { firstLine ?? scanned }
    private var firstLine: Int?

    /// `raw` begins with the head's first byte, also when it is called again with more.
    mutating func find(in raw: UnsafeRawBufferPointer) -> Found {
        while scanned < raw.count, let feed = raw.first(ByteClasses.lineFeed, in: scanned..<raw.count) {
            guard feed > lineStart, raw[feed - 1] == ByteClasses.carriageReturn else { return .bareLineFeed }
            let isEmpty = feed == lineStart + 1
            scanned = feed + 1
            lineStart = feed + 1
            if firstLine == nil { firstLine = lineStart }
            if isEmpty { return .complete(feed + 1) }
        }
        scanned = raw.count
        return .incomplete
    }
}
