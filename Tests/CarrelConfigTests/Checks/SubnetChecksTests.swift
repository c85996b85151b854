import CarrelConfig
import Testing

@Suite("Container engines have addresses of their own")
struct SubnetChecksTests {
    private static func problems(_ first: String, _ second: String) -> [String] {
        Sample.problems(
            "engines:\n  one: { kind: docker, \(first) }\n  two: { kind: docker, socket: /run/two.sock, \(second) }\n"
                + "apps: [{ id: a, engine: one, image: a:1, port: 80 }]\n"
        )
    }

    @Test(
        "Two of one machine with the same or overlapping blocks are refused",
        arguments: [
            ("slots: /a", "slots: /b"), ("subnets: 10.213.5.0/24", "slots: /b"),
            ("subnets: 10.0.0.0/8", "subnets: 10.20.0.0/16"),
        ]
    )
    func overlapping(first: String, second: String) {
        let problems = Self.problems(first, second)
        #expect(problems.count == 1)
        #expect(problems.first?.contains("overlaps with the engine one's") == true)
    }

    @Test("Blocks side by side are fine, and so is the same one on another machine")
    func apart() {
        #expect(Self.problems("slots: /a", "subnets: 10.214.0.0/16").isEmpty)
        let remote = "address: 'tcp://far:2376', tls: { ca: /ca, certificate: /c, key: /k }"
        #expect(Self.problems("slots: /a", remote).isEmpty)
    }
}
