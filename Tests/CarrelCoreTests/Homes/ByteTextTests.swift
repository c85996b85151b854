import CarrelCore
import Testing

@Suite("Sizes for people")
struct ByteTextTests {
    @Test(
        "At most three digits that say something, rounded down: nobody is told of more room than there is",
        arguments: [
            (0, "0 bytes"), (1023, "1023 bytes"), (1024, "1 KiB"), (1536, "1.5 KiB"), (20 << 30, "20 GiB"),
            ((20 << 30) - 1, "19.9 GiB"), (123 << 20, "123 MiB"), (Int64.max, "8191 PiB"),
        ] as [(Int64, String)]
    )
    func texts(_ bytes: Int64, _ text: String) { #expect(ByteText.of(bytes) == text) }
}
