import HTTPTypes

/// The cookies of a request (RFC 6265, section 4.2).
struct RequestCookies {
    private let pairs: [(name: Substring, value: Substring)]

    init(_ headers: HTTPFields) {
        pairs = headers[values: .cookie].flatMap { line in
            line.split(separator: ";").prefix(200).compactMap { pair in
                let trimmed = pair.trimmingPrefix { $0 == " " }
                guard let equals = trimmed.firstIndex(of: "=") else { return nil }
                return (trimmed[..<equals], trimmed[trimmed.index(after: equals)...])
            }
        }
    }

    /// Several where paths or hosts overlap.
    func values(_ name: String) -> [String] { pairs.filter { $0.name == name }.map { String($0.value) } }
}
