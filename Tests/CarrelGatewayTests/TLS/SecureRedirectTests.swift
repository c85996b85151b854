import Testing

@testable import CarrelGateway

@Suite("Where plain HTTP is sent")
struct SecureRedirectTests {
    @Test(
        "The host that was asked for, with the port of HTTPS",
        arguments: [
            ("work.test", 443, "work.test"), ("work.test:80", 443, "work.test"),
            ("work.test:80", 8443, "work.test:8443"),
            ("[::1]:80", 443, "[::1]"), ("[::1]", 8443, "[::1]:8443"), ("10.0.0.1:8080", 443, "10.0.0.1"),
        ]
    )
    func host(asked: String, port: Int, told: String) { #expect(SecureRedirect.host(asked, port: port) == told) }
}
