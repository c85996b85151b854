import CarrelCore
import CarrelTesting
import Foundation
import Testing

@Suite("Moments")
struct TimestampTests {
    @Test("A moment is written in RFC 3339, UTC, with milliseconds")
    func written() {
        #expect(Timestamp(milliseconds: 0).description == "1970-01-01T00:00:00.000Z")
        #expect(Timestamp(milliseconds: 1_767_323_045_678).description == "2026-01-02T03:04:05.678Z")
        #expect(Timestamp(milliseconds: 951_782_400_001).description == "2000-02-29T00:00:00.001Z")
        #expect(Timestamp(milliseconds: -1).description == "1969-12-31T23:59:59.999Z")
    }

    @Test("Every millisecond reads back as itself")
    func roundTrip() {
        var random = SeededRandom(seed: 3)
        for step in 0..<2000 {
            let near = Timestamp(milliseconds: 1_767_323_045_000 + Int64(step))
            #expect(Timestamp(near.description) == near)
            // From the year 0 to the end of 9999.
            let moment = Int64.random(in: -62_167_219_200_000...253_402_300_799_999, using: &random)
            let anywhere = Timestamp(milliseconds: moment)
            #expect(Timestamp(anywhere.description) == anywhere, "seed 3, step \(step)")
        }
    }

    @Test(
        "Other ways to write the same moment are understood",
        arguments: [
            "2026-01-02T03:04:05.678Z", "2026-01-02T05:04:05.678+02:00", "2026-01-01T22:34:05.678-04:30",
            "2026-01-02t03:04:05.678z", "2026-01-02T03:04:05.6780000Z",
        ]
    )
    func otherForms(text: String) {
        #expect(Timestamp(text)?.milliseconds == 1_767_323_045_678)
    }

    @Test("A moment without a fraction is a whole second")
    func wholeSecond() {
        #expect(Timestamp("2026-01-02T03:04:05Z")?.milliseconds == 1_767_323_045_000)
    }

    @Test(
        "What is no RFC 3339 moment is refused",
        arguments: [
            "", "2026", "2026-01-02", "2026-01-02T03:04:05", "2026-13-02T03:04:05Z", "2026-02-29T03:04:05Z",
            "2026-01-02T24:04:05Z", "2026-01-02T03:60:05Z", "2026-01-02T03:04:05.Z", "2026-01-02T03:04:05Zx",
            "2026-01-02 03:04:05+2", "yesterday", "２026-01-02T03:04:05Z",
        ]
    )
    func notMoments(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test("Moments and durations add up in milliseconds")
    func arithmetic() {
        let noon = Timestamp(milliseconds: 43_200_000)
        #expect(noon + .seconds(90) - noon == .seconds(90))
        #expect(noon - .milliseconds(1) < noon)
        #expect(Duration.milliseconds(1500).inSeconds == 1.5)
        #expect(Duration.microseconds(1999).milliseconds == 1)
    }
}
