import AsyncHTTPClient
import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the engine sends for as long as it likes, piece by piece. A connection that breaks throws `DockerFault`.
struct DockerStream: AsyncSequence, Sendable {
    /// No line that the engine sends is longer, in bytes.
    private static let lineLimit = 1 << 20

    let body: HTTPClientResponse.Body
    let call: String

    struct AsyncIterator: AsyncIteratorProtocol {
        var parts: HTTPClientResponse.Body.AsyncIterator
        let call: String

        mutating func next() async throws -> [UInt8]? {
            do { return try await parts.next().map { Array($0.readableBytesView) } } catch let error
                as CancellationError
            {
                throw error
            } catch {
                throw DockerFault(status: 0, message: "\(error)", call: call)
            }
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(parts: body.makeAsyncIterator(), call: call) }

    /// Calls `each` with every line that is JSON of this kind, until the stream ends. Other lines are passed over.
    func lines<Line: Decodable>(_ type: Line.Type, each: (Line) async throws -> Void) async throws {
        var rest: [UInt8] = []
        for try await part in self {
            rest += part
            while let end = rest.firstIndex(of: 10) {
                let line = Data(rest[..<end])
                rest.removeFirst(end + 1)
                if let line = try? JSONDecoder().decode(Line.self, from: line) { try await each(line) }
            }
            guard rest.count < Self.lineLimit else {
                throw DockerFault(status: 200, message: "A line is too long.", call: call)
            }
        }
    }
}
