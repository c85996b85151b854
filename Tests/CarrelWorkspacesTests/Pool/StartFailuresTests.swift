import CarrelCore
import Testing

@testable import CarrelWorkspaces

@Suite("Backing off")
struct StartFailuresTests {
    private let start = Timestamp(milliseconds: 1_000_000)
    private let pacing = Pacing(startsAtOnce: 4)

    @Test("The wait doubles with each failure up to its limit, and jitter adds at most a quarter")
    func doubles() throws {
        var failures = StartFailures()
        var now = start
        var waits: [Int64] = []
        for _ in 0..<12 {
            failures.record("it broke", startedAt: now, now: now + .milliseconds(1), pacing: pacing, jitter: 0)
            now = now + .milliseconds(1)
            let next = try #require(failures.nextTryAt)
            waits.append((next - now).milliseconds / 1000)
            now = next
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300])
        failures.record("it broke", startedAt: now, now: now, pacing: pacing, jitter: 1)
        #expect(failures.nextTryAt == now + .seconds(375))
    }

    @Test("Several that were started together count once")
    func together() {
        var failures = StartFailures()
        for _ in 0..<5 {
            failures.record("it broke", startedAt: start, now: start + .seconds(1), pacing: pacing, jitter: 0)
        }
        #expect(failures.inARow == 1)
        #expect(failures.forOperators(now: start) == "it broke; next try in 2 s")
    }

    @Test("One that has stayed ready since makes all well again")
    func settles() {
        var failures = StartFailures()
        failures.record("it broke", startedAt: start, now: start, pacing: pacing, jitter: 0)
        failures.settle(readyAt: start + .seconds(1), now: start + .seconds(30), pacing: pacing)
        #expect(failures.isFailing)
        failures.settle(readyAt: start + .seconds(1), now: start + .seconds(61), pacing: pacing)
        #expect(failures.forOperators(now: start) == nil)
    }
}
