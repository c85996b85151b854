import CarrelCore
import CarrelWeb
import Testing

@Suite("The gate before the hub", .timeLimit(.minutes(1)))
struct HubGateTests {
    @Test("Who is inside is waited for, who comes then waits, and goes on when it opens")
    func closing() async {
        let gate = HubGate()
        #expect(await gate.enter())
        #expect(await !gate.close(patience: .zero))
        async let isEmpty = gate.close(patience: .seconds(30))
        async let isLetIn = gate.enter()
        gate.leave()
        #expect(await isEmpty)
        gate.open()
        #expect(await isLetIn)
        gate.leave()
    }

    @Test("Who waits when the hub is handed over is sent away, and so is everybody after")
    func handingOver() async {
        let gate = HubGate()
        #expect(await gate.close(patience: .zero))
        async let isLetIn = gate.enter()
        gate.handOver()
        #expect(await !isLetIn)
        #expect(gate.handedOver.isOpen)
        gate.open()
        #expect(await !gate.enter(), "there is no way back")
    }

    @Test("Who gives up waiting is not inside")
    func givingUp() async {
        let gate = HubGate()
        #expect(await gate.close(patience: .zero))
        let visitor = Task { await gate.enter() }
        visitor.cancel()
        #expect(await !visitor.value)
        gate.open()
        #expect(await gate.close(patience: .zero))
    }
}
