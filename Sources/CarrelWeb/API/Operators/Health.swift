import Hummingbird

/// `/healthz`: this process answers. `/readyz`: claims can be met.
enum Health {
    static func alive(_ call: Call) async throws -> Response { TextResponse.make("ok\n") }

    static func ready(_ call: Call) async throws -> Response {
        guard let why = await call.services.unready() else { return TextResponse.make("ready\n") }
        return TextResponse.make(why + "\n", status: .serviceUnavailable)
    }
}
