import CarrelCore
import Hummingbird
import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Reads JSON bodies and says what is wrong with them.
enum JSONBody {
    /// Throws 415 for another content type, 413 beyond 64 KiB, `invalid` for what isn't JSON of this shape.
    static func read<Value: Decodable>(_ type: Value.Type, of request: Request) async throws -> Value {
        try FormBody.require("application/json", of: request)
        let body = try await FormBody.bytes(of: request)
        do {
            return try JSONDecoder().decode(type, from: Data(body.readableBytesView))
        } catch DecodingError.keyNotFound(let key, _) {
            throw CarrelError(.invalid, "“\(key.stringValue)” is missing.")
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
            throw CarrelError(.invalid, "\(place(context)) has the wrong type.")
        } catch DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty {
            throw CarrelError(.invalid, "\(place(context)) is not a valid value.")
        } catch {
            throw CarrelError(.invalid, "The body is not JSON.")
        }
    }

    private static func place(_ context: DecodingError.Context) -> String {
        let path = context.codingPath.map(\.stringValue).joined(separator: ".")
        return path.isEmpty ? "The body" : "“\(path)”"
    }
}
