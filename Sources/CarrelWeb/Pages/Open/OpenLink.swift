import CarrelCore

/// What a lasting link asks for.
struct OpenLink: Sendable {
    let app: AppID
    var name: WorkspaceName
    /// Below the workspace's path, with the query that is the app's: without a slash at the beginning.
    let rest: String

    /// Throws `notFound` for what is no app's name, `invalid` for a bad workspace name or a path with dot segments.
    init(_ call: Call) throws {
        guard let text = call.parameters["app"], let app = AppID(text) else {
            throw CarrelError(.notFound, "There is no such app, or it is not open to you.")
        }
        self.app = app
        name = try WorkspaceName.read(call.queryValue("name"))
        let path = call.path.dropFirst("/open/".utf8.count + text.utf8.count + 1)
        guard !Self.climbs(path) else { throw CarrelError(.invalid, "The path in this link is not a plain one.") }
        let query = call.query.map(Self.withoutName) ?? ""
        rest = query.isEmpty ? String(path) : "\(path)?\(query)"
    }

    /// Dot segments would lead out of the workspace, and a backslash is a slash to browsers.
    private static func climbs(_ path: Substring) -> Bool {
        path.contains("\\")
            || path.split(separator: "/").contains { segment in
                let plain = segment.lowercased().replacing("%2e", with: ".")
                return plain == "." || plain == ".."
            }
    }

    /// The first `name` is ours; whatever follows is the app's.
    private static func withoutName(_ query: Substring) -> Substring {
        var pairs = query.split(separator: "&", omittingEmptySubsequences: false)
        if let ours = pairs.firstIndex(where: { $0 == "name" || $0.hasPrefix("name=") }) { pairs.remove(at: ours) }
        return Substring(pairs.joined(separator: "&"))
    }
}
