import CarrelCore
import Testing

@testable import CarrelGateway

@Suite("A cookie that a workspace sets")
struct CookieConfinementTests {
    private func confined(_ value: String, strips: Bool = false) -> String? {
        let mount = RoutePlan.Mount(
            endpoint: .unix(path: "/x"),
            prefix: Array("/w/ws-a".utf8),
            strips: strips,
            headerLines: []
        )
        return CookieConfinement.confined(
            value,
            to: mount,
            reserved: HiddenCookies(names: [Array("carrel".utf8), Array("__Host-flow".utf8)])
        )
    }

    @Test("It is kept to the workspace's path, and to no domain")
    func path() {
        #expect(confined("a=b") == "a=b; Path=/w/ws-a/")
        #expect(confined("a=b; Path=/; HttpOnly; Domain=.example.org") == "a=b; HttpOnly; Path=/w/ws-a/")
        #expect(confined("a=b;path=/w/ws-a/x; SameSite=Lax") == "a=b; SameSite=Lax; Path=/w/ws-a/x")
        #expect(confined("a=b; Path=/w/ws-a; Path=/") == "a=b; Path=/w/ws-a/")
        #expect(confined("a=b; Path=/w/ws-ab/") == "a=b; Path=/w/ws-a/")
        #expect(confined("a=b; Path=/w/ws-a/../ws-b/") == "a=b; Path=/w/ws-a/")
        #expect(confined("a=b; Path=/sub", strips: true) == "a=b; Path=/w/ws-a/sub")
        #expect(confined("a=b; Path=/", strips: true) == "a=b; Path=/w/ws-a/")
        #expect(confined("a=b; PATH = /; dOmAiN=x") == "a=b; Path=/w/ws-a/")
    }

    @Test(
        "One of the session's or the hub's name, a look-alike, or without a name is dropped",
        arguments: [
            "carrel=x", " carrel = x", "__Host-carrel=x", "__secure-Carrel=x", "flow=x", "__Host-flow=x",
            "=carrel=x", "carrel", "", "; Path=/",
        ]
    )
    func reserved(value: String) { #expect(confined(value) == nil) }
}
