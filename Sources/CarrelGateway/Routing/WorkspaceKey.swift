import CarrelCore

/// A workspace id as the 80 bits that its sixteen letters stand for: hashed and compared without making a text of it.
struct WorkspaceKey: Hashable {
    /// `ws-` and sixteen characters.
    static let textLength = 19

    private var high: UInt64 = 0
    private var low: UInt64 = 0

    /// Nil unless the bytes are exactly a workspace id; nothing is decoded or normalised.
    init?(_ raw: UnsafeRawBufferPointer, _ range: Range<Int>) {
        guard range.count == Self.textLength, raw[range.lowerBound] == UInt8(ascii: "w"),
            raw[range.lowerBound + 1] == UInt8(ascii: "s"), raw[range.lowerBound + 2] == UInt8(ascii: "-")
        else { return nil }
        let start = range.lowerBound + 3
        for position in 0..<16 {
            let byte = raw[start + position]
            let bits: UInt8
            switch byte {
            case 97...122: bits = byte - 97
            case 50...55: bits = byte - 50 + 26
            default: return nil
            }
            if position < 8 { high = high << 5 | UInt64(bits) } else { low = low << 5 | UInt64(bits) }
        }
    }

    /// Nil only for an id that is none: `WorkspaceID` holds to the same shape.
    init?(_ id: WorkspaceID) {
        var text = id.description
        let key = text.withUTF8 { Self(UnsafeRawBufferPointer($0), 0..<$0.count) }
        guard let key else { return nil }
        self = key
    }
}
