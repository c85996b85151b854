import Testing

@testable import CarrelIdentity

@Suite("What counts as one client")
struct ClientAddressTests {
    @Test("Addresses of one IPv6 network are one client; IPv4 is the same however it is written")
    func keys() {
        #expect(ClientAddress.key("192.0.2.1") == "192.0.2.1")
        #expect(ClientAddress.key("::ffff:192.0.2.1") == "192.0.2.1")
        #expect(ClientAddress.key("2001:db8:0:7::1") == "2001:db8:0:7::/64")
        #expect(ClientAddress.key("2001:DB8:0:7:ffff:1:2:3") == "2001:db8:0:7::/64")
        #expect(ClientAddress.key("2001:db8:0:8::1") != ClientAddress.key("2001:db8:0:7::1"))
        #expect(ClientAddress.key("fe80::1%eth0") == ClientAddress.key("fe80::2%eth0"))
    }

    @Test("What is no address is bounded and stands for itself")
    func others() {
        #expect(ClientAddress.key("") == "")
        #expect(ClientAddress.key("unix") == "unix")
        #expect(ClientAddress.key(String(repeating: "x", count: 9000)).count == 64)
    }
}
