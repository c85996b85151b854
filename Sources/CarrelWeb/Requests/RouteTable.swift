import HTTPTypes

/// Finds the endpoint of a path and method. Compares raw segments: nothing is decoded, nothing normalised.
struct RouteTable: Sendable {
    enum Match {
        case found(Endpoint, parameters: [String: Substring])
        /// The path exists; these methods do.
        case otherMethods([HTTPRequest.Method])
        case none
    }

    private struct Pattern: Sendable {
        let segments: [Substring]
        let endpoints: [Endpoint]
    }

    private let patterns: [Pattern]

    init(_ endpoints: [Endpoint]) {
        var order: [String] = []
        var byPattern: [String: [Endpoint]] = [:]
        for endpoint in endpoints {
            if byPattern[endpoint.pattern] == nil { order.append(endpoint.pattern) }
            byPattern[endpoint.pattern, default: []].append(endpoint)
        }
        patterns = order.map { text in
            Pattern(segments: Self.segments(text[...]), endpoints: byPattern[text] ?? [])
        }
    }

    func match(_ method: HTTPRequest.Method, _ path: Substring) -> Match {
        let segments = Self.segments(path)
        var allowed: [HTTPRequest.Method] = []
        for pattern in patterns {
            guard let parameters = Self.parameters(pattern.segments, segments) else { continue }
            let wanted: HTTPRequest.Method = method == .head ? .get : method
            if let endpoint = pattern.endpoints.first(where: { $0.method == wanted || $0.method == .any }) {
                return .found(endpoint, parameters: parameters)
            }
            allowed += pattern.endpoints.map(\.method)
        }
        return allowed.isEmpty ? .none : .otherMethods(allowed)
    }

    /// `/a/b` and `/a/b/` are the same for us; `/a//b` is neither.
    private static func segments(_ path: Substring) -> [Substring] {
        var segments = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        if segments.last?.isEmpty == true { segments.removeLast() }
        return segments
    }

    private static func parameters(_ pattern: [Substring], _ segments: [Substring]) -> [String: Substring]? {
        let isOpen = pattern.last == "**"
        let fixed = isOpen ? pattern.count - 1 : pattern.count
        guard isOpen ? segments.count >= fixed : segments.count == fixed else { return nil }
        var parameters: [String: Substring] = [:]
        for (expected, actual) in zip(pattern.prefix(fixed), segments) {
            if expected.hasPrefix("{") {
                guard !actual.isEmpty else { return nil }
                parameters[String(expected.dropFirst().dropLast())] = actual
            } else if expected != actual {
                return nil
            }
        }
        return parameters
    }
}

extension HTTPRequest.Method {
    /// Stands for every method in an `Endpoint`. `*` is a token (RFC 9110, section 5.6.2), so this is no `GET`.
    static let any = Self("*") ?? .get
}
