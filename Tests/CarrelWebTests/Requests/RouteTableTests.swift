import HTTPTypes
import Hummingbird
import Testing

@testable import CarrelWeb

@Suite("Finding a route")
struct RouteTableTests {
    private let table = RouteTable([
        Endpoint(.get, "/a/{id}", .anyone) { _ in Response(status: .ok) },
        Endpoint(.post, "/a/{id}", .anyone) { _ in Response(status: .ok) },
        Endpoint(.get, "/a/fixed/{id}", .anyone) { _ in Response(status: .ok) },
        Endpoint(.any, "/w/**", .anyone) { _ in Response(status: .ok) },
    ])

    private func match(_ method: HTTPRequest.Method, _ path: String) -> String {
        switch table.match(method, path[...]) {
        case .found(let endpoint, let parameters): "\(endpoint.pattern) \(parameters["id"] ?? "-")"
        case .otherMethods(let methods): methods.map(\.rawValue).joined(separator: ",")
        case .none: "none"
        }
    }

    @Test(
        "Raw segments decide, a slash at the end does not",
        arguments: [
            ("/a/1", "/a/{id} 1"), ("/a/1/", "/a/{id} 1"), ("/a/%31", "/a/{id} %31"), ("/a//1", "none"),
            ("/a/", "none"),
            ("/a/fixed", "/a/{id} fixed"), ("/a/fixed/2", "/a/fixed/{id} 2"), ("/w", "/w/** -"), ("/w/x//y", "/w/** -"),
            ("/", "none"), ("", "none"), ("/A/1", "none"),
        ]
    )
    func paths(_ path: String, _ expected: String) { #expect(match(.get, path) == expected) }

    @Test("HEAD is looked up as GET, another method is told which there are, and some addresses take all")
    func methods() {
        #expect(match(.head, "/a/1") == "/a/{id} 1")
        #expect(match(.delete, "/a/1") == "GET,POST")
        #expect(match(.patch, "/w/1") == "/w/** -")
    }
}
