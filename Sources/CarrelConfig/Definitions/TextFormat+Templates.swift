import CarrelCore

/// Text with `{{…}}` in it.
extension TextFormat {
    static let template = TextFormat("a text; {{…}} takes \(variableNames)", takesAnyScalar: true) { text in
        if text.unicodeScalars.contains("\0") { return .wrong("contains a NUL") }
        do throws(Template.Fault) {
            return .value(.template(try Template(text)))
        } catch {
            let word = error.found.filter { $0 != "{" && $0 != "}" }
            let near = Suggestion.nearest(to: word, among: Template.Variable.allCases.map(\.rawValue))
            let hint = near.map { " (did you mean {{\($0)}}?)" } ?? ""
            return .wrong("uses \(quoted(error.found)), which is not a template\(hint)")
        }
    }

    private static let variableNames = Template.Variable.allCases.map(\.rawValue).joined(separator: ", ")

    /// An environment variable's value as it is: braces in a secret are no template.
    static let environmentLiteral = TextFormat("a text without NUL") { text in
        if text.isEmpty { return .wrong("is empty") }
        return text.unicodeScalars.contains("\0") ? .wrong("contains a NUL") : .value(.text(text))
    }

    /// A header's value as it is.
    static let headerLiteral = TextFormat("a text of one line without blanks around it") { text in
        if text.isEmpty { return .wrong("is empty") }
        if text.hasControls { return .wrong("contains a control character or a line break") }
        return text.hasPrefix(" ") || text.hasSuffix(" ") ? .wrong("begins or ends with a blank") : .value(.text(text))
    }

    /// RFC 9110, section 5.5: no CR, LF or NUL, no blanks around it.
    static let headerValue = TextFormat(
        "a text of one line; {{…}} takes \(variableNames)",
        pattern: "^[^\\r\\n]*$",
        takesAnyScalar: true
    ) { text in
        if text.hasControls { return .wrong("contains a control character or a line break") }
        if text.hasPrefix(" ") || text.hasSuffix(" ") { return .wrong("begins or ends with a blank") }
        return template.read(text)
    }

    /// RFC 9110, section 5.6.2, and none that the gateway itself must set or drop.
    static let headerName = TextFormat(
        "the name of a header that the app may be sent",
        pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"
    ) { text in
        let marks = Set("!#$%&'*+-.^_`|~".utf8)
        guard !text.isEmpty, text.utf8.allSatisfy({ $0.isASCIILetter || $0.isASCIIDigit || marks.contains($0) })
        else { return .wrong("is not a header's name") }
        let name = text.lowercased()
        if hopByHop.contains(name) { return .wrong("belongs to one connection (hop-by-hop)") }
        if ["host", "cookie", "content-length", "expect"].contains(name) { return .wrong("is the gateway's to set") }
        if name.hasPrefix("x-forwarded-") || name.hasPrefix("x-carrel-") || name == "forwarded" {
            return .wrong("is the gateway's to set")
        }
        return .value(.text(text))
    }

    private static let hopByHop: Set<String> = [
        "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer",
        "transfer-encoding", "upgrade",
    ]
}
