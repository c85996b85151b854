import Testing

@testable import CarrelGateway

@Suite("The names of a certificate")
struct CertificateNamesTests {
    private let names = CertificateNames(["work.example.org", "*.content.example.org", "192.0.2.7", "2001:db8::1"])

    @Test(
        "Browsers take it for its names, in any case, and for one label in a wildcard's place",
        arguments: [
            "work.example.org", "Work.Example.Org", "work.example.org.", "a.content.example.org", "192.0.2.7",
            "2001:db8::1", "[2001:DB8:0:0::1]",
        ]
    )
    func covered(host: String) { #expect(names.cover(host)) }

    @Test(
        "For nothing else",
        arguments: [
            "example.org", "x.work.example.org", "content.example.org", "a.b.content.example.org",
            ".content.example.org", "192.0.2.8", "2001:db8::2", "work.example.org.evil.test", "", "*",
        ]
    )
    func notCovered(host: String) { #expect(!names.cover(host)) }

    @Test("Without alternative names there is none, whatever its subject says")
    func none() { #expect(!CertificateNames([]).cover("localhost")) }
}
