import CarrelConfig
import Testing

@Suite("HTTPS and load balancers in the configuration")
struct ListenerChecksTests {
    private static let tls = "certificate: c.pem, key: k.pem"

    private func parse(_ users: String) -> ConfigurationFile.Result {
        Sample.parse(Sample.app(top: "listeners: { users: { \(users) } }"))
    }

    @Test("A certificate and its key are enough; the rest has defaults")
    func defaults() throws {
        let result = parse("bind: '0.0.0.0:443', tls: { \(Self.tls) }")
        #expect(result.problems.isEmpty)
        #expect(result.warnings.isEmpty, "nothing crosses the network unencrypted")
        let configuration = try #require(result.configuration)
        let tls = try #require(configuration.users.tls)
        #expect(tls == TLSFiles(certificate: "/etc/carrel/c.pem", key: "/etc/carrel/k.pem"))
        #expect(tls.redirectFrom == nil)
        #expect(tls.hsts == .seconds(365 * 86_400))
        #expect(configuration.users.proxyProtocol.isEmpty)
        #expect(configuration.unsupported().isEmpty)
    }

    @Test("Every key arrives as it was written")
    func keys() throws {
        let text = "tls: { \(Self.tls), redirect-from: '[::]:80', hsts: 0s }, proxy-protocol: [10.0.0.7]"
        let users = try #require(parse(text).configuration).users
        #expect(users.tls?.redirectFrom == BindAddress(host: "::", port: 80))
        #expect(users.tls?.hsts == .zero)
        #expect(users.proxyProtocol == ["10.0.0.7/32"])
    }

    @Test(
        "What does not go together is told",
        arguments: [
            ("tls: { certificate: c.pem }", "listeners.users.tls"),
            ("public-url: 'http://work.example.org', tls: { \(tls) }", "listeners.users.public-url"),
            ("bind: '0.0.0.0:443', tls: { \(tls), redirect-from: '0.0.0.0:443' }", "listeners.users.tls.redirect-from"),
            ("tls: { \(tls), redirect-from: '0.0.0.0:9080' }", "listeners.users.tls.redirect-from"),
            ("tls: { \(tls), redirect-from: '0.0.0.0:0' }", "listeners.users.tls.redirect-from"),
            (
                "bind: '127.0.0.1:0', tls: { \(tls), redirect-from: '127.0.0.1:80' }",
                "listeners.users.tls.redirect-from"
            ),
            ("tls: { \(tls), hsts: 3y }", "listeners.users.tls.hsts"),
            ("proxy-protocol: [balancer]", "listeners.users.proxy-protocol[0]"),
        ]
    )
    func problems(users: String, field: String) {
        let fields = parse(users).problems.map(\.field)
        #expect(fields.count == 1)
        #expect(fields.first?.hasPrefix(field) == true)
    }

    @Test("A reload may bring other files, and nothing else of TLS")
    func restart() throws {
        let running = try #require(parse("tls: { \(Self.tls) }").configuration)
        func changes(_ users: String) throws -> [String] {
            try #require(parse(users).configuration).changesNeedingRestart(comparedTo: running)
        }
        #expect(try changes("tls: { certificate: other.pem, key: other.key }").isEmpty)
        #expect(try changes("bind: '127.0.0.1:8080'") == ["listeners.users.tls"])
        #expect(try changes("tls: { \(Self.tls), hsts: 1d }") == ["listeners.users.tls.hsts"])
        #expect(
            try changes("tls: { \(Self.tls), redirect-from: '127.0.0.1:80' }") == ["listeners.users.tls.redirect-from"]
        )
        #expect(try changes("tls: { \(Self.tls) }, proxy-protocol: [10.0.0.7]") == ["listeners.users.proxy-protocol"])
    }
}
