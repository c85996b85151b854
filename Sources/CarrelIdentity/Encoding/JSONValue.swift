/// A JSON value as it was written. Numbers stay text: ids of providers don't fit into a `Double`.
enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }

    var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    var flag: Bool? {
        guard case .bool(let flag) = self else { return nil }
        return flag
    }

    var elements: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// A text, or a whole number as text: what providers use as ids.
    var identifier: String? {
        switch self {
        case .string(let text): text
        case .number(let text) where !text.contains(where: { ".eE".contains($0) }): text
        default: nil
        }
    }

    /// A moment as OpenID Connect writes it: seconds since 1970, perhaps with a fraction. Nil beyond what fits.
    var seconds: Double? {
        guard case .number(let text) = self, let value = Double(text), value.isFinite, abs(value) < 1e14 else {
            return nil
        }
        return value
    }

    /// Follows a path of names. A name may itself hold dots (`https://example.org/groups`): the longest that is there
    /// wins.
    func value(at path: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        if let value = members[path] { return value }
        var end = path.endIndex
        while let dot = path[..<end].lastIndex(of: ".") {
            if let inner = members[String(path[..<dot])],
                let value = inner.value(at: String(path[path.index(after: dot)...]))
            {
                return value
            }
            end = dot
        }
        return nil
    }
}
