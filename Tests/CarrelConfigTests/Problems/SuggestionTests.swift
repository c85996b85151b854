import Testing

@testable import CarrelConfig

@Suite("Did you mean")
struct SuggestionTests {
    @Test(
        "One slip of the hand is recognised, another word is not",
        arguments: [
            ("spare", "spares"), ("saprES", "spares"), ("public_url", "public-url"), ("publicUrl", "public-url"),
            ("maxage", "max-age"), ("zebra", nil), ("", nil), ("ma", nil),
        ]
    )
    func nearest(word: String, meant: String?) {
        #expect(Suggestion.nearest(to: word, among: ["spares", "public-url", "max-age", "max"]) == meant)
    }

    @Test(
        "The distance counts insertions, deletions, replacements and swaps",
        arguments: [("", "abc", 3), ("abc", "abc", 0), ("abc", "acb", 1), ("abc", "abd", 1), ("kitten", "sitting", 3)]
    )
    func distance(left: String, right: String, expected: Int) {
        #expect(Suggestion.distance(Array(left.unicodeScalars), Array(right.unicodeScalars)) == expected)
    }
}
