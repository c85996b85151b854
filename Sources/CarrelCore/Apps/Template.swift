/// Text with `{{…}}` in it, checked when it is read, so that expanding cannot fail for an unknown word.
public struct Template: Hashable, Sendable, Encodable, CustomStringConvertible {
    /// What may stand between the braces.
    public enum Variable: String, Hashable, Sendable, CaseIterable {
        case workspaceID = "workspace.id"
        case workspacePath = "workspace.path"
        case workspaceToken = "workspace.token"
        case workspacePort = "workspace.port"
        case workspaceHome = "workspace.home"
        case workspaceRuntime = "workspace.runtime"
        case workspaceName = "workspace.name"
        case userID = "user.id"
        case userName = "user.name"
        case userEmail = "user.email"

        /// Unknown until the claim, so of no use where a spare starts.
        public var needsOwner: Bool {
            switch self {
            case .workspaceName, .userID, .userName, .userEmail: true
            default: false
            }
        }
    }

    /// A template that can't be read: what stands in the braces, or braces that don't close.
    public struct Fault: Error, Hashable, Sendable {
        public let found: String
    }

    private enum Part: Hashable, Sendable {
        case text(String)
        case variable(Variable)
    }

    public let description: String
    private let parts: [Part]

    /// Throws `Fault` for an unknown variable or an unclosed `{{`.
    public init(_ text: String) throws(Fault) {
        var parts: [Part] = []
        var rest = Substring(text)
        while let open = rest.firstRange(of: "{{") {
            if open.lowerBound > rest.startIndex { parts.append(.text(String(rest[..<open.lowerBound]))) }
            let inside = rest[open.upperBound...]
            guard let close = inside.firstRange(of: "}}") else { throw Fault(found: String(rest[open.lowerBound...])) }
            let name = String(inside[..<close.lowerBound]).filter { $0 != " " }
            guard let variable = Variable(rawValue: name) else { throw Fault(found: name) }
            parts.append(.variable(variable))
            rest = inside[close.upperBound...]
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        self.parts = parts
        description = text
    }

    /// Text that means itself, braces and all.
    public init(literal: String) {
        description = literal
        parts = literal.isEmpty ? [] : [.text(literal)]
    }

    public var variables: Set<Variable> {
        Set(
            parts.compactMap { part in
                guard case .variable(let variable) = part else { return nil }
                return variable
            }
        )
    }

    /// A variable without a value becomes nothing.
    public func expanded(_ values: [Variable: String]) -> String {
        parts.reduce(into: "") { text, part in
            switch part {
            case .text(let plain): text += plain
            case .variable(let variable): text += values[variable] ?? ""
            }
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension String {
    fileprivate func firstRange(of text: String) -> Range<Index>? { self[...].firstRange(of: text) }
}

extension Substring {
    fileprivate func firstRange(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
