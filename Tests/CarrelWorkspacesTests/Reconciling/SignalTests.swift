import CarrelCore
import CarrelTesting
import Testing

@testable import CarrelWorkspaces

@Suite("Signals")
struct SignalTests {
    private let clock = VirtualClock()

    @Test("Waiting for two tells which was set, and forgets it")
    func which() async {
        let (first, second) = (Signal(), Signal())
        second.set()
        let soon = clock.now() + .seconds(1)
        #expect(await Signal.wait(for: [first, second], until: soon, on: clock) == [1])
        let again = Task { await Signal.wait(for: [first, second], until: soon, on: clock) }
        first.set()
        #expect(await again.value == [0])
    }

    @Test("Of two that are set at the same moment neither is lost", arguments: 0..<200)
    func both(_ round: Int) async {
        let (first, second) = (Signal(), Signal())
        let waiting = Task { await Signal.wait(for: [first, second], until: clock.now() + .seconds(1), on: clock) }
        let setting = Task.detached {
            first.set()
            second.set()
        }
        var set = await waiting.value
        await setting.value
        // One that nobody was woken by is still set.
        while set.count < 2 {
            let more = await Signal.wait(for: [first, second], until: clock.now() + .seconds(1), on: clock)
            set.formUnion(more)
        }
        #expect(set == [0, 1])
    }

    @Test("Who is cancelled was told nothing")
    func cancelled() async {
        let signal = Signal()
        let waiting = Task { await Signal.wait(for: [signal], until: clock.now() + .seconds(1), on: clock) }
        waiting.cancel()
        #expect(await waiting.value.isEmpty)
    }
}
