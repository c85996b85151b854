import CarrelCore

/// Where in the workspaces, or in a service beside them, a request leads.
struct WorkspacePlace {
    enum Key {
        case workspace(WorkspaceID)
        case service(ServiceKey)
    }

    let key: Key
    /// The workspace's id or the service's name, where the request says it: in its path or in its host.
    let id: Range<Int>
    /// Of the path, what is below the workspace's: empty, or begins with a slash.
    let rest: Range<Int>

    /// By the path: `/w/<id>/…`.
    init?(_ raw: UnsafeRawBufferPointer, path: Range<Int>) {
        guard let found = WorkspacePath(raw, path) else { return nil }
        key = .workspace(found.workspace)
        rest = found.rest
        id = (rest.lowerBound - WorkspaceID.textLength)..<rest.lowerBound
    }

    /// By the path: `/s/<name>/…`.
    init?(_ raw: UnsafeRawBufferPointer, servicePath path: Range<Int>) {
        let start = path.lowerBound + 3
        guard path.count > 3, raw[path.lowerBound] == ByteClasses.slash, raw[path.lowerBound + 1] == UInt8(ascii: "s"),
            raw[path.lowerBound + 2] == ByteClasses.slash
        else { return nil }
        let end = raw.first(ByteClasses.slash, in: start..<path.upperBound) ?? path.upperBound
        guard let found = ServiceKey(raw, start..<end) else { return nil }
        key = .service(found)
        id = start..<end
        rest = end..<path.upperBound
    }

    /// By the name: `<id>.<domain>` or `<service>.<domain>`, in lower case, as browsers send it.
    init?(_ raw: UnsafeRawBufferPointer, label: Range<Int>, path: Range<Int>) {
        if let found = WorkspaceID(utf8: UnsafeRawBufferPointer(rebasing: raw[label])) {
            key = .workspace(found)
        } else if let found = ServiceKey(raw, label) {
            key = .service(found)
        } else {
            return nil
        }
        id = label
        rest = path
    }

    /// How the hub is told of it.
    var hubName: HubName {
        switch key {
        case .workspace: .workspace(id)
        case .service: .service(id)
        }
    }

    /// Whether it leads to what is the hub's on every workspace's name: below `WorkspaceSites.reservedPath`.
    func isReserved(_ raw: UnsafeRawBufferPointer) -> Bool {
        let prefix: StaticString = "/.carrel/"
        let count = prefix.utf8CodeUnitCount
        return rest.count >= count && raw.isExactly(rest.lowerBound..<(rest.lowerBound + count), prefix)
    }
}

/// A service's name, at most forty bytes: hashed and compared without making a text of it.
struct ServiceKey: Hashable {
    static let longest = 40

    private var words: (UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0)

    /// Nil unless the bytes are lower-case letters, digits and hyphens, at most `longest`, with no hyphen at either end.
    init?(_ raw: UnsafeRawBufferPointer, _ range: Range<Int>) {
        guard let first = range.first, let last = range.last, range.count <= Self.longest, raw[first] != 45,
            raw[last] != 45
        else { return nil }
        for (place, index) in range.enumerated() {
            let byte = raw[index]
            guard byte &- 97 < 26 || ByteClasses.isDigit(byte) || byte == 45 else { return nil }
            let bits = UInt64(byte) << UInt64(place % 8 * 8)
            switch place / 8 {
            case 0: words.0 |= bits
            case 1: words.1 |= bits
            case 2: words.2 |= bits
            case 3: words.3 |= bits
            default: words.4 |= bits
            }
        }
    }

    init?(_ name: String) {
        var name = name
        let key = name.withUTF8 { Self(UnsafeRawBufferPointer($0), 0..<$0.count) }
        guard let key else { return nil }
        self = key
    }

    static func == (left: Self, right: Self) -> Bool { left.words == right.words }

    func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
        hasher.combine(words.4)
    }
}
