import CarrelConfig
import CarrelCore
import CarrelGateway
import CarrelSQLite
import Glibc
import Logging

/// The new process' side of a takeover, up to the moment when it alone serves.
struct Taking: Sendable {
    /// How long the old one may take to finish what it is doing for members.
    static let patience: Duration = .seconds(90)

    /// The sockets that the old process listens on. Empty if it ended before it could pass them.
    let sockets: [ListeningSocket]
    /// Held by both processes until the old one lets go. Nil as above.
    let lock: StateLock?
    /// Nil if the old process ended meanwhile: then nobody must be told.
    private let old: MessageSocket?

    /// Asks the running carrel to hand over, and returns when it has: it writes nothing any more, and goes on if this
    /// process ends, or says that it failed, before `ready`. Nil if no carrel runs.
    /// Throws what would keep this process from serving, with the old one left alone.
    static func begin(_ loaded: LoadedConfiguration, logger: Logger) async throws -> Taking? {
        let control = ControlClient(state: loaded.state)
        guard try control.isAnswered() else {
            logger.notice("no carrel runs that could be taken over from: starting on its own")
            return nil
        }
        if let problem = loaded.state.findings().first(where: { $0.severity == .error }) {
            throw CarrelError(.storeFailed, problem.message)
        }
        let own = getpid()
        let old: MessageSocket
        do {
            old = try await MessageSocket.accept(at: loaded.state.takeoverSocket(of: own), patience: .seconds(30)) {
                _ = try await control.send("POST", "/api/v1/takeover?pid=\(own)")
            }
        } catch let error as CarrelError where error.code == .notFound {
            guard try !control.isAnswered() else {
                throw CarrelError(.unsupported, "The running carrel can't be taken over: restart it instead")
            }
            logger.warning("the carrel that was asked to hand over has ended: starting without it")
            return Taking(sockets: [], lock: try await lockOnceFree(loaded.state), old: nil)
        }
        return try await take(from: old, logger: logger)
    }

    /// A process that is killed lets go of its sockets a moment before its lock.
    private static func lockOnceFree(_ state: StateDirectory) async throws -> StateLock {
        let deadline = ContinuousClock.now + .seconds(10)
        while true {
            do { return try state.lock() } catch let error as CarrelError where error.code == .conflict {
                guard ContinuousClock.now < deadline else { throw error }
                try await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    private static func take(from old: MessageSocket, logger: Logger) async throws -> Taking {
        guard let (offer, files) = try await old.receive(within: .seconds(30)) else {
            return try await alone(after: old, logger: logger)
        }
        let listeners = offer.listeners ?? []
        guard offer.word == .offer, offer.protocol == TakeoverMessage.protocolNumber, files.count == listeners.count + 1
        else {
            for file in files { close(file) }
            throw CarrelError(.unsupported, "The running carrel hands over in another way: restart it instead")
        }
        let lock = StateLock(descriptor: files[0])
        let sockets = zip(listeners, files.dropFirst()).map { listener, file in
            ListeningSocket(listener: listener.name, bind: listener.bind, descriptor: file)
        }
        let taking = Taking(sockets: sockets, lock: lock, old: old)
        do {
            // Who can't be told has ended: nothing comes from there then.
            try? old.send(TakeoverMessage(word: .take))
            switch try await old.receive(within: patience)?.message {
            case nil: return try await alone(after: old, with: taking, logger: logger)
            case let message? where message.word == .handed: return taking
            case let message?: throw CarrelError(.conflict, message.because ?? "The running carrel does not hand over")
            }
        } catch {
            for socket in sockets { socket.closeDescriptor() }
            throw error
        }
    }

    /// It went away in the middle of it: what it passed before is good, and nobody else writes once it has ended.
    private static func alone(
        after old: MessageSocket,
        with taking: Taking? = nil,
        logger: Logger
    ) async throws -> Taking {
        guard await old.peer.hasEnded(within: patience) else {
            throw CarrelError(.conflict, "The running carrel went back on the takeover: its log says why")
        }
        logger.warning("the carrel that was to hand over has ended: starting without it")
        return Taking(sockets: taking?.sockets ?? [], lock: taking?.lock, old: nil)
    }

    /// From here on this process serves. Returns when the old one knows, or has ended.
    func ready() async throws {
        guard let old else { return }
        do {
            try old.send(TakeoverMessage(word: .ready))
            if try await old.receive(within: Self.patience)?.message.word == .left { return }
        } catch {
            guard (error as? CarrelError)?.code == .conflict else { throw error }
        }
        // Only one may go on: the old one does, unless it has ended.
        guard await old.peer.hasEnded(within: Self.patience) else {
            throw CarrelError(.conflict, "The running carrel went back on the takeover: its log says why")
        }
    }

    /// The old one goes on. To be called when nothing of this process writes any more.
    func failed(_ error: any Error) {
        var message = TakeoverMessage(word: .failed)
        message.because = (error as? CarrelError)?.message ?? "\(error)"
        try? old?.send(message)
    }
}
