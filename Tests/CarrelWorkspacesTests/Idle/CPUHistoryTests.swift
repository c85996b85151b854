import CarrelCore
import Testing

@testable import CarrelWorkspaces

@Suite("CPU over the last while")
struct CPUHistoryTests {
    private let start = Timestamp(milliseconds: 0)

    @Test("The mean is unknown until the readings cover the window, then exact")
    func mean() {
        var history = CPUHistory()
        for second in stride(from: 0, through: 300, by: 5) {
            let now = start + .seconds(second)
            history.add(.milliseconds(second * 400), at: now, window: .seconds(120))
            let mean = history.mean(over: .seconds(120), now: now)
            if second < 120 { #expect(mean == nil) } else { #expect(abs((mean ?? 0) - 0.4) < 0.001) }
        }
    }

    @Test("A counter that begins anew makes it unknown again")
    func restarted() {
        var history = CPUHistory()
        history.add(.seconds(500), at: start, window: .seconds(10))
        history.add(.seconds(1), at: start + .seconds(10), window: .seconds(10))
        #expect(history.mean(over: .seconds(10), now: start + .seconds(10)) == nil)
    }

    @Test("Readings that stopped coming say nothing")
    func stale() {
        var history = CPUHistory()
        history.add(.seconds(0), at: start, window: .seconds(10))
        history.add(.seconds(5), at: start + .seconds(10), window: .seconds(10))
        #expect(history.mean(over: .seconds(10), now: start + .seconds(15)) == 0.5)
        #expect(history.mean(over: .seconds(10), now: start + .seconds(26)) == nil)
    }

    @Test("A long window keeps a bounded number of readings, however often it is read")
    func bounded() {
        var history = CPUHistory()
        for tick in 0..<100_000 {
            history.add(.milliseconds(tick), at: start + .milliseconds(tick * 10), window: .seconds(120))
        }
        #expect(history.count < 50)
        #expect(abs((history.mean(over: .seconds(120), now: start + .seconds(1000)) ?? 0) - 0.1) < 0.001)
    }
}
