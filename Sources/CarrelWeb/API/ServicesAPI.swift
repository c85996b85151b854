import CarrelCore
import CarrelWorkspaces
import Hummingbird

/// `GET /api/v1/services`: what somebody else runs and the member may enter.
enum ServicesAPI {
    private struct View: Encodable {
        let name: String
        let title: String
        let url: String
    }

    static func list(_ call: Call) async throws -> Response {
        JSONResponse.make(
            call.openServices.map { service in
                View(
                    name: service.name,
                    title: service.title,
                    url: call.settings.sites.url(ofService: service.name, hub: nil)
                )
            }
        )
    }
}
