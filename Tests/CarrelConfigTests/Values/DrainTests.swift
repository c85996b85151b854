import CarrelConfig
import Testing

@Suite("How long what is open may go on")
struct DrainTests {
    private func drain(_ lines: String) throws -> DrainRule {
        let text = """
            listeners: {\(lines)}
            engines: { here: { kind: process } }
            apps: []

            """
        let result = Sample.parse(text)
        #expect(result.problems.isEmpty)
        return try #require(result.configuration).drain
    }

    @Test("Half a minute after a stop, half a day after a takeover, unless said")
    func defaults() throws {
        #expect(try drain("") == DrainRule(stop: .seconds(30), takeover: .seconds(43_200)))
    }

    @Test("Both are read, and may be nothing")
    func said() throws {
        let rule = try drain(#"drain: 0s, takeover-drain: 2d"#)
        #expect(rule == DrainRule(stop: .zero, takeover: .seconds(172_800)))
    }
}
