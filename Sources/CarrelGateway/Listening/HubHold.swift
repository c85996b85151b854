import NIOCore

/// While the hub changes hands, one event loop's requests to it wait here; whoever has it then answers them.
/// Workspaces are served all the while.
final class HubHold {
    private(set) var isClosed = false
    private var held: [ClientConnection] = []

    func close() { isClosed = true }

    func add(_ connection: ClientConnection) { held.append(connection) }

    /// In the order in which they came.
    func open() {
        isClosed = false
        let all = held
        held = []
        for connection in all { connection.goOnToHub() }
    }
}

extension ClientConnection {
    /// Keeps a request to the hub for later. `raw` are the bytes of `head`.
    func holdForHub(_ head: ByteBuffer, _ raw: UnsafeRawBufferPointer) {
        exchange = Exchange(loop.requestHead, raw, id: loop.nextRequestID(), mount: nil)
        phase = .held
        heldHead = head
        loop.hubHold.add(self)
    }

    func goOnToHub() {
        guard phase == .held, let head = heldHead else { return }
        heldHead = nil
        resume(.early)
        readAgain(head)
    }

    /// Its request is with the hub, which has not answered yet. `whole`: nothing of the request is still to come.
    func awaitsHub(whole: Bool) -> Bool {
        phase == .exchange && entry == nil && !exchange.hasResponse && (requestDone || !whole)
    }
}

extension Gateway {
    /// How long the hub is not changed because a request is still being sent: a slow sender must not hold up others.
    static let sendersPatience: Duration = .seconds(5)

    /// From now on requests to the hub wait until `releaseHub`. Returns once the hub has answered all that it was
    /// asked before, or after `patience`: whether it has.
    public func holdHub(patience: Duration) async -> Bool {
        let began = ContinuousClock.now
        let deadline = began + patience
        for loop in loops { try? await loop.ask { $0.hubHold.close() } }
        while true {
            var open = 0
            let whole = ContinuousClock.now - began >= Self.sendersPatience
            for loop in loops { open += (try? await loop.ask { $0.count { $0.awaitsHub(whole: whole) } }) ?? 0 }
            if open == 0 { return true }
            guard ContinuousClock.now < deadline, !Task.isCancelled else { return false }
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    /// What waited goes to the hub, by new connections to its socket: whoever listens there now has it.
    public func releaseHub() async {
        for loop in loops {
            try? await loop.ask { state in
                state.forgetHubs()
                state.hubHold.open()
            }
        }
    }

    /// Ends what is left of a shutdown in at most `rest`, if that is sooner than what `shutdown` was told.
    public func hasten(to rest: Duration) {
        for loop in loops { loop.eventLoop.scheduleTask(in: TimeAmount(rest)) { loop.state.value.end() } }
    }
}
