import CarrelTesting
import Testing

@testable import CarrelIdentity

@Suite("Base64 without padding")
struct UnpaddedBase64Tests {
    @Test(
        "The vectors of RFC 4648 without their padding",
        arguments: zip(
            ["", "f", "fo", "foo", "foob", "fooba", "foobar"],
            ["", "Zg", "Zm8", "Zm9v", "Zm9vYg", "Zm9vYmE", "Zm9vYmFy"]
        )
    )
    func vectors(plain: String, text: String) {
        #expect(UnpaddedBase64.encode(plain.utf8) == text)
        #expect(UnpaddedBase64.decode(text) == Array(plain.utf8))
    }

    @Test("Any bytes come back, in both alphabets")
    func roundTrip() {
        var random = SeededRandom(seed: 3)
        for length in 0..<70 {
            let bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            #expect(UnpaddedBase64.decode(UnpaddedBase64.encode(bytes)) == bytes)
            #expect(UnpaddedBase64.decode(UnpaddedBase64.encode(bytes, .standard), .standard) == bytes)
        }
    }

    @Test(
        "A second spelling of the same bytes is refused",
        arguments: ["Zh", "Zm9", "Zg==", "A", "Zg\n", "Z g", "+/", "é"]
    )
    func strict(text: String) { #expect(UnpaddedBase64.decode(text) == nil) }

    @Test("The alphabets differ in two characters")
    func alphabets() {
        #expect(UnpaddedBase64.encode([0xfb, 0xff]) == "-_8")
        #expect(UnpaddedBase64.encode([0xfb, 0xff], .standard) == "+/8")
        #expect(UnpaddedBase64.decode("-_8", .standard) == nil)
    }
}
