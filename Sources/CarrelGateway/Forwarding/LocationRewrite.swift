/// Puts a redirect of an app that doesn't know its prefix back under that prefix.
enum LocationRewrite {
    /// `host`: what the browser asked for. Relative places, and those elsewhere, stay as they are.
    static func placed(_ location: String, below mount: RoutePlan.Mount, host: String) -> String {
        let prefix = String(decoding: mount.prefix, as: UTF8.self)
        var start = location.startIndex
        let lower = location.lowercased()
        if lower.hasPrefix("http://") || lower.hasPrefix("https://") || lower.hasPrefix("//") {
            guard let slashes = location.range(of: "//") else { return location }
            let authority = location[slashes.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
            guard authority.lowercased() == host.lowercased() else { return location }
            start = authority.endIndex
        } else if !location.hasPrefix("/") {
            return location
        }
        let path = location[start...]
        if path.hasPrefix(prefix) {
            let rest = path.dropFirst(prefix.count)
            if rest.isEmpty || rest.hasPrefix("/") || rest.hasPrefix("?") || rest.hasPrefix("#") { return location }
        }
        return location[..<start] + prefix + (path.hasPrefix("/") ? "" : "/") + path
    }
}

extension String {
    /// The first place of `part`, without Foundation.
    fileprivate func range(of part: String) -> Range<String.Index>? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(part) { return index..<self.index(index, offsetBy: part.count) }
            index = self.index(after: index)
        }
        return nil
    }
}
