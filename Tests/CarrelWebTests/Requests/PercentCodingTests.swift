import Testing

@testable import CarrelWeb

@Suite("Percent-encoding")
struct PercentCodingTests {
    @Test("What is encoded comes back as it was", arguments: ["", "/a b?c=d&e#f", "naïve +%", "日本", "\u{0}\n\""])
    func roundTrip(_ text: String) {
        let encoded = PercentCoding.encoded(text)
        #expect(PercentCoding.decoded(encoded) == text)
        #expect(encoded.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != 38 && $0 != 34 })
    }

    @Test(
        "What is no encoding stays as it is",
        arguments: [("%", "%"), ("%4", "%4"), ("%zz", "%zz"), ("a+b", "a b"), ("%ff", "\u{FFFD}")]
    )
    func odd(_ text: String, _ expected: String) { #expect(PercentCoding.decoded(text) == expected) }
}
