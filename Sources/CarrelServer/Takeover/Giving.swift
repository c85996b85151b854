import CarrelCore
import CarrelGateway
import CarrelSQLite
import CarrelWeb
import Logging
import Synchronization

/// The old process' side of a takeover: stops what writes, lets go, and goes on as if nothing had happened if the new
/// process does not get as far as serving.
final class Giving: Sendable {
    /// How long members' requests may take to finish before nothing is written any more.
    static let patience: Duration = .seconds(30)
    /// How long the hub may take beyond that for what did not come through the gateway.
    static let gatesPatience: Duration = .seconds(5)
    /// How long the new process may take to be ready.
    static let newcomersPatience: Duration = .seconds(120)

    private let asked = Mutex(false)
    private let wishes: AsyncStream<Int32>
    private let wish: AsyncStream<Int32>.Continuation
    /// Open once another process serves: this one only keeps what is open going.
    let left = Latch()

    init() { (wishes, wish) = AsyncStream.makeStream(of: Int32.self) }

    /// The process `pid` waits to be connected to. Throws `conflict` while another takeover is under way.
    func begin(_ pid: Int32) throws {
        let isFirst = asked.withLock { asked in
            defer { asked = true }
            return !asked
        }
        guard isFirst else { throw CarrelError(.conflict, "Another carrel is taking over already") }
        wish.yield(pid)
    }

    /// Until it has left, or the task is cancelled.
    func run(_ parts: Parts) async {
        for await pid in wishes {
            if await give(parts, to: pid) { return }
            asked.withLock { $0 = false }
        }
    }

    /// Whether it has left.
    private func give(_ parts: Parts, to pid: Int32) async -> Bool {
        let new: MessageSocket
        do { new = try MessageSocket.connect(to: parts.state.takeoverSocket(of: pid)) } catch {
            parts.logger.error("takeover: \(error)")
            return false
        }
        parts.logger.notice("process \(new.peer.pid) wants to take over")
        var hasHanded = false
        do {
            try offer(parts, to: new)
            try await hear(.take, from: new, within: Self.patience)
            hasHanded = true
            try await stopWriting(parts)
            try new.send(TakeoverMessage(word: .handed))
            try await hear(.ready, from: new, within: Self.newcomersPatience)
        } catch {
            await goOn(parts, after: error, with: new, hasHanded: hasHanded)
            return false
        }
        await leave(parts)
        try? new.send(TakeoverMessage(word: .left))
        parts.logger.notice("process \(new.peer.pid) serves; this one keeps going what is open")
        return true
    }

    private func offer(_ parts: Parts, to new: MessageSocket) throws {
        guard let lock = parts.lock.descriptor else { throw CarrelError(.conflict, "This carrel has left already") }
        let sockets = try parts.gateway.listeningSockets()
        defer { for socket in sockets { socket.closeDescriptor() } }
        guard !sockets.isEmpty else { throw CarrelError(.conflict, "This carrel does not serve yet") }
        var message = TakeoverMessage(word: .offer)
        message.version = CarrelVersion.text
        message.listeners = sockets.map { .init(name: $0.listener, bind: $0.bind) }
        try new.send(message, files: [lock] + sockets.map(\.descriptor))
    }

    private func hear(_ word: TakeoverMessage.Word, from new: MessageSocket, within patience: Duration) async throws {
        guard let (message, files) = try await new.receive(within: patience) else {
            throw CarrelError(.conflict, "the new process ended before it was ready")
        }
        for file in files { ListeningSocket(listener: "", bind: "", descriptor: file).closeDescriptor() }
        guard message.word == word else {
            throw CarrelError(.conflict, message.because ?? "the new process said \(message.word.rawValue)")
        }
    }

    /// First what members asked for, then what the hub does by itself, then the store.
    private func stopWriting(_ parts: Parts) async throws {
        let isAnswered = await parts.gateway.holdHub(patience: Self.patience)
        let isEmpty = await parts.gate.close(patience: isAnswered ? Self.gatesPatience : .zero)
        if !isAnswered || !isEmpty { parts.logger.warning("a request was not finished before the takeover") }
        await parts.following.interrupt()
        await parts.rechecking.interrupt()
        await parts.reconciling.interrupt()
        try Task.checkCancellation()
        _ = try await parts.store.suspend()
    }

    /// Only when the new process has ended for certain, for two must not write.
    private func goOn(_ parts: Parts, after error: any Error, with new: MessageSocket, hasHanded: Bool) async {
        let reason = (error as? CarrelError)?.message ?? "\(error)"
        // Stopping while somebody takes over: that one starts without this process.
        if Task.isCancelled { return }
        if hasHanded, !(await new.peer.hasEnded(within: .seconds(5))) {
            new.peer.kill()
            _ = await new.peer.hasEnded(within: .seconds(5))
        }
        do {
            try await parts.store.resume()
            try parts.state.publishSockets()
        } catch {
            // Reading goes on, and what is open; what would write is refused until somebody takes over.
            parts.logger.critical("this process can't write any more: \(error)")
        }
        parts.following.resume()
        parts.rechecking.resume()
        parts.reconciling.resume()
        parts.gate.open()
        await parts.gateway.releaseHub()
        parts.logger.error("the takeover failed, this process goes on: \(reason)")
    }

    private func leave(_ parts: Parts) async {
        parts.gate.handOver()
        left.open()
        parts.lock.release()
        parts.ending.open()
        await parts.gateway.releaseHub()
        try? await parts.store.close()
    }
}
