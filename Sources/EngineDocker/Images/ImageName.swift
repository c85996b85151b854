/// An image's name as an app gives it: `[registry/]repository[:tag][@digest]`, or an image's own id. Pure.
///
/// Source: https://github.com/distribution/reference
struct ImageName: Hashable, Sendable, CustomStringConvertible {
    static let dockerHub = "docker.io"

    /// As it was given.
    let description: String
    /// Name and perhaps port; Docker's own if none is given.
    let registry: String
    /// Without registry, tag and digest, as the registry calls it.
    let repository: String
    let tag: String?
    /// `sha256:` and 64 digits.
    let digest: String?

    init(_ text: String) {
        description = text
        var rest = Substring(text)
        if let at = rest.firstIndex(of: "@") {
            digest = String(rest[rest.index(after: at)...])
            rest = rest[..<at]
        } else {
            digest = nil
        }
        let firstPart = rest.prefix { $0 != "/" }
        let hasRegistry =
            firstPart.endIndex != rest.endIndex
            && (firstPart.contains(".") || firstPart.contains(":") || firstPart == "localhost")
        if hasRegistry { rest = rest[rest.index(after: firstPart.endIndex)...] }
        registry = Self.canonical(registry: hasRegistry ? String(firstPart) : Self.dockerHub)
        if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("/") {
            tag = String(rest[rest.index(after: colon)...])
            rest = rest[..<colon]
        } else {
            tag = nil
        }
        repository = registry == Self.dockerHub && !rest.contains("/") ? "library/\(rest)" : String(rest)
    }

    /// It can mean one image only.
    var isPinned: Bool { digest != nil || isID }

    /// An image's id is known to the engine that has it, and to nobody else.
    var isID: Bool { description.hasPrefix("sha256:") }

    /// What is asked for: without tag and digest a pull would fetch every tag.
    var exact: String { tag == nil && digest == nil ? description + ":latest" : description }

    /// Of the digests that an image is known by at registries (`repository@digest`), those at this name's.
    func digests(among known: [String]) -> [String] {
        known.map(ImageName.init).filter { $0.registry == registry && $0.repository == repository }
            .compactMap(\.digest)
    }

    /// Host and port of a registry, however it is written where Docker keeps credentials: `https://host/v1/`.
    static func canonical(registry text: String) -> String {
        var host = Substring(text)
        for scheme in ["https://", "http://"] where host.hasPrefix(scheme) { host = host.dropFirst(scheme.count) }
        host = host.prefix { $0 != "/" }
        return ["index.docker.io", "registry-1.docker.io"].contains(host) ? dockerHub : String(host)
    }
}
