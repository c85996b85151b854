import CarrelCore
import Hummingbird

/// `GET /api/v1/usage?from=T&to=T&user=U`: how long each member had workspaces of each app; of the last thirty days
/// unless told otherwise.
enum UsageAPI {
    static func list(_ call: Call) async throws -> Response {
        let now = call.services.clock.now()
        let to = min(try call.queryMoment("to") ?? now, now)
        let from = try call.queryMoment("from") ?? to + .seconds(-30 * 86_400)
        guard from <= to else { throw CarrelError(.invalid, "from must not be later than to, or than now.") }
        let member = try await call.memberAskedFor()
        let usages = try await call.services.usage(from, to)
        return JSONResponse.make(usages.filter { member == nil || $0.user == member?.id })
    }
}
