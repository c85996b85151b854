import CarrelCore

/// Directories, files and paths of requests.
extension TextFormat {
    /// On the machine that carrel runs on; a relative one counts from the configuration file's directory.
    static func hostPath(_ what: String) -> TextFormat {
        TextFormat("\(what), absolute or relative to this file", pattern: "\\S") { text in
            if text.isEmpty { return .wrong("is empty") }
            return text.hasControls ? .wrong("contains a control character") : .value(.text(text))
        }
    }

    static let mount = TextFormat("an absolute path inside the workspace, such as /home/member", pattern: "^/.*[^/]$") {
        text in
        guard text.hasPrefix("/") else { return .wrong("is not absolute") }
        let parts = text.split(separator: "/")
        if text.hasControls || parts.contains("..") || parts.contains(".") { return .wrong("is not a plain path") }
        if text.hasSuffix("/") { return .wrong("ends with a slash") }
        let system: Set<Substring> = [
            "bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "proc", "run", "sbin", "sys", "tmp", "usr",
        ]
        let covers = parts.count == 1 && system.contains(parts[0]) || ["proc", "sys", "dev"].contains(parts[0])
        return covers ? .wrong("would cover a directory of the system") : .value(.text(text))
    }

    /// Below the workspace's path.
    static let requestPath = TextFormat("a path that begins with /", pattern: "^/[^\\s#]*$") { requestPath($0) }

    /// A prefix of paths; no query.
    static let ignoredPath = TextFormat("a path that begins with /, without a query", pattern: "^/[^\\s#?]*$") {
        $0.contains("?") ? .wrong("has a query") : requestPath($0)
    }

    private static func requestPath(_ text: String) -> Reading {
        guard text.hasPrefix("/") else { return .wrong("does not begin with /") }
        let isPlain = text.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != 35 }
        return isPlain ? .value(.text(text)) : .wrong("has characters that a URL's path can't have")
    }

    static let volumeName = homeName("a volume's name with {{user.id}}, such as home-{{user.id}}") { template in
        let plain = template.expanded([.userID: "u", .workspaceName: "n"])
        let good = plain.utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || [45, 46, 95].contains($0) }
        return good && plain.utf8.first.map { $0.isASCIILetter || $0.isASCIIDigit } == true
            ? nil : "has characters that a volume's name can't have"
    }

    static let homePath = homeName("a directory with {{user.id}}, such as /srv/homes/{{user.id}}") { template in
        let plain = template.expanded([.userID: "user", .workspaceName: "name"])
        if plain.hasControls { return "contains a control character" }
        let member = template.expanded([.userID: "\u{1}", .workspaceName: "name"])
        return HostPath.resolved(member, in: "/").contains("\u{1}") ? nil : "leads out of the member's own directory"
    }

    /// A template of what is known at every claim, that no two members share.
    private static func homeName(_ says: String, check: @escaping @Sendable (Template) -> String?) -> TextFormat {
        TextFormat(says, pattern: "\\{\\{ *user\\.id *\\}\\}") { text in
            guard case .value(.template(let template)) = Self.template.read(text) else {
                return Self.template.read(text)
            }
            let foreign = template.variables.subtracting([.userID, .workspaceName]).map(\.rawValue).min()
            if let foreign {
                return .wrong("uses {{\(foreign)}}; homes are named by {{user.id}} and {{workspace.name}} only")
            }
            guard template.variables.contains(.userID) else {
                return .wrong("does not contain {{user.id}}: all members would share one home")
            }
            return check(template).map { .wrong($0) } ?? .value(.template(template))
        }
    }
}

/// Paths of the host, handled as text.
enum HostPath {
    /// Absolute, without `.`, `..` and doubled slashes. `directory` is absolute.
    static func resolved(_ path: String, in directory: String) -> String {
        var parts: [Substring] = []
        for part in (path.hasPrefix("/") ? path : directory + "/" + path).split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}
