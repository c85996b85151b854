import CarrelCore
import HTTPTypes
import Hummingbird

/// `GET /assets/<name>`: stylesheet, scripts and icon, from memory. A hash of the content is in the name, so
/// browsers keep them for ever and never have an old one.
enum Assets {
    enum Name: String, CaseIterable, Sendable { case style, icon, progress, portal }

    private struct Asset: Sendable {
        let file: String
        let type: String
        let text: String
    }

    static func address(_ name: Name) -> String { "/assets/\(asset(name).file)" }

    static func serve(_ call: Call) async throws -> Response {
        guard let file = call.parameters["name"], let asset = all.values.first(where: { $0.file == file }) else {
            throw CarrelError(.notFound, "There is nothing at this address.")
        }
        var response = TextResponse.make(asset.text, type: asset.type)
        response.headers[.cacheControl] = "public, max-age=31536000, immutable"
        return response
    }

    private static func asset(_ name: Name) -> Asset {
        all[name] ?? Asset(file: name.rawValue, type: "text/plain", text: "")
    }

    private static let all: [Name: Asset] = [
        .style: make("carrel", "css", "text/css; charset=utf-8", Stylesheet.text),
        .icon: make("icon", "svg", "image/svg+xml", Icon.text),
        .progress: make("progress", "js", "text/javascript; charset=utf-8", ProgressScript.text),
        .portal: make("portal", "js", "text/javascript; charset=utf-8", PortalScript.text),
    ]

    private static func make(_ name: String, _ ending: String, _ type: String, _ text: String) -> Asset {
        Asset(file: "\(name).\(fingerprint(text)).\(ending)", type: type, text: text)
    }

    /// FNV-1a, 64 bits: tells versions apart, proves nothing.
    private static func fingerprint(_ text: String) -> String {
        let hash = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return String(hash, radix: 36)
    }
}
