import CarrelWorkspaces
import Hummingbird

/// `GET /api/v1/engines`.
enum EnginesAPI {
    static func list(_ call: Call) async throws -> Response {
        JSONResponse.make(await call.engines())
    }
}

extension Call {
    /// With what there is to say of services that they show.
    func engines() async -> [EngineStatus] {
        var engines = await workspaces.engines()
        guard let exposed = services.exposed else { return engines }
        for index in engines.indices { engines[index].findings += exposed.findings(engines[index].name) }
        return engines
    }
}
