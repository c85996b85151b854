import CarrelCore
import HTTPTypes
import Hummingbird
import NIOCore

/// `application/x-www-form-urlencoded`, in bodies and queries.
enum FormBody {
    /// Largest body that is read, for forms and JSON alike: 64 KiB.
    static let limit = 65_536

    /// The fields, the first of each name. Throws 415 for another content type, 413 beyond `limit`.
    static func fields(of request: Request) async throws -> [String: String] {
        try require("application/x-www-form-urlencoded", of: request)
        let text = String(buffer: try await bytes(of: request))
        return Dictionary(pairs(text[...]), uniquingKeysWith: { first, _ in first })
    }

    static func value(_ name: String, in text: Substring) -> String? { pairs(text).first { $0.0 == name }?.1 }

    /// Every pair, in the order in which they stand there.
    static func all(in text: Substring) -> [(String, String)] { pairs(text) }

    /// The body whole. Throws 413 beyond `limit`.
    static func bytes(of request: Request) async throws -> ByteBuffer {
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit { throw tooLarge }
        do {
            return try await request.body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw tooLarge
        }
    }

    /// Throws 415 unless the body says that it is of this media type.
    static func require(_ type: String, of request: Request) throws {
        let sent = request.headers[.contentType]?.split(separator: ";").first ?? ""
        guard sent.lowercased().trimmingPrefix(while: { $0 == " " }) == type else {
            throw Refusal(.unsupportedMediaType, "unsupported-media-type", "The body must be \(type).")
        }
    }

    private static let tooLarge = Refusal(
        .contentTooLarge,
        "too-large",
        "The body may have at most \(limit) bytes."
    )

    private static func pairs(_ text: Substring) -> [(String, String)] {
        text.split(separator: "&").prefix(200).map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (PercentCoding.decoded(parts[0]), parts.count > 1 ? PercentCoding.decoded(parts[1]) : "")
        }
    }
}
