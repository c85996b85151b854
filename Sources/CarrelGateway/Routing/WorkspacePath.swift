import CarrelCore

/// A path that leads into a workspace: `/w/<id>` and what follows, taken literally.
///
/// Nothing is decoded, so no spelling but the one leads there: `/w/%77s-…`, `//w/…` and `/x/../w/…` are the hub's.
struct WorkspacePath {
    let workspace: WorkspaceID
    /// Behind the id: empty, or begins with a slash.
    let rest: Range<Int>

    init?(_ raw: UnsafeRawBufferPointer, _ path: Range<Int>) {
        let idStart = path.lowerBound + 3
        let idEnd = idStart + WorkspaceID.textLength
        guard path.upperBound >= idEnd, raw[path.lowerBound] == ByteClasses.slash,
            raw[path.lowerBound + 1] == UInt8(ascii: "w"), raw[path.lowerBound + 2] == ByteClasses.slash,
            idEnd == path.upperBound || raw[idEnd] == ByteClasses.slash,
            let workspace = WorkspaceID(utf8: UnsafeRawBufferPointer(rebasing: raw[idStart..<idEnd]))
        else { return nil }
        self.workspace = workspace
        rest = idEnd..<path.upperBound
    }
}
