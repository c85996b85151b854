import CarrelCore
import Testing

@Suite("Durations as text")
struct DurationTextTests {
    @Test(
        "A number with its unit, or a sum of such, is a duration",
        arguments: [
            ("250ms", 250), ("90s", 90_000), ("5m", 300_000), ("12h", 43_200_000), ("7d", 604_800_000),
            ("1h30m", 5_400_000), ("0s", 0), ("1d1h1m1s1ms", 90_061_001),
        ] as [(String, Int64)]
    )
    func understood(text: String, milliseconds: Int64) {
        #expect(Duration(text: text) == .milliseconds(milliseconds))
    }

    @Test(
        "A bare number, a sign, a fraction, an unknown unit or too long a time is refused",
        arguments: [
            "", "90", "-5m", "1.5h", "5 m", "m", "5min", "1w", "1h30", "٣s", "99999999999999999999s", "366001d",
            "9223372036854775807d",
        ]
    )
    func refused(text: String) {
        #expect(Duration(text: text) == nil)
    }

    @Test(
        "People are told the two largest units that say something",
        arguments: [
            (Duration.milliseconds(350), "350 ms"), (.seconds(40), "40 s"), (.seconds(7500), "2 h 5 min"),
            (.seconds(7200), "2 h"), (.seconds(86_400 + 59), "1 d"), (.zero, "0 ms"), (.seconds(-5), "0 ms"),
            (.milliseconds(61_500), "1 min 1 s"),
        ]
    )
    func forPeople(duration: Duration, text: String) {
        #expect(duration.forPeople == text)
    }
}
