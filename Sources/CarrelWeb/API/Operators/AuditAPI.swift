import CarrelCore
import Hummingbird

/// `GET /api/v1/audit?after=N&limit=N`: the record, oldest first, with the position to go on from.
enum AuditAPI {
    private struct View: Encodable {
        let entries: [ChainedEntry]
        let next: Int64
    }

    static func list(_ call: Call) async throws -> Response {
        let after = try call.queryNumber("after", in: 0...Int64.max, otherwise: 0)
        let limit = try call.queryNumber("limit", in: 1...1000, otherwise: 100)
        let page = try await call.services.record(after, Int(limit))
        return JSONResponse.make(View(entries: page.entries, next: page.next))
    }
}
