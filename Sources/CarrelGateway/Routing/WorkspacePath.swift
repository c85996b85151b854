/// A path that leads into a workspace: `/w/<id>` and what follows, taken literally.
///
/// Nothing is decoded, so no spelling but the one leads there: `/w/%77s-…`, `//w/…` and `/x/../w/…` are the hub's.
struct WorkspacePath {
    let key: WorkspaceKey
    /// Behind the id: empty, or begins with a slash.
    let rest: Range<Int>

    init?(_ raw: UnsafeRawBufferPointer, _ path: Range<Int>) {
        let idStart = path.lowerBound + 3
        let idEnd = idStart + WorkspaceKey.textLength
        guard path.upperBound >= idEnd, raw[path.lowerBound] == ByteClasses.slash,
            raw[path.lowerBound + 1] == UInt8(ascii: "w"), raw[path.lowerBound + 2] == ByteClasses.slash,
            idEnd == path.upperBound || raw[idEnd] == ByteClasses.slash,
            let key = WorkspaceKey(raw, idStart..<idEnd)
        else { return nil }
        self.key = key
        rest = idEnd..<path.upperBound
    }
}
