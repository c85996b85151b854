import CLinux
import CarrelCore
import Dispatch
import Glibc

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One end of a unix socket on which two processes of one user (or root) pass whole messages with open files.
final class MessageSocket: Sendable {
    private static let queue = DispatchQueue(label: "carrel.takeover", attributes: .concurrent)
    private static let room = 65_536

    /// The process at the other end.
    let peer: PeerProcess
    private let descriptor: Int32

    /// Throws `forbidden` unless the other end belongs to this user or root. Closes `descriptor` at the end.
    init(_ descriptor: Int32) throws {
        self.descriptor = descriptor
        var (pid, uid) = (pid_t(0), uid_t(0))
        guard clinux_peer(descriptor, &pid, &uid) == 0, uid == geteuid() || uid == 0, pid > 0 else {
            Glibc.close(descriptor)
            throw CarrelError(.forbidden, "A process of another user (uid \(uid)) may not take part in a takeover.")
        }
        peer = PeerProcess(pid)
    }

    deinit { Glibc.close(descriptor) }

    static func connect(to path: String) throws -> MessageSocket {
        let descriptor = clinux_message_connect(path)
        guard descriptor >= 0 else { throw fault("\(path) can't be reached", -descriptor) }
        return try MessageSocket(descriptor)
    }

    /// Listens at `path` until the first one comes, or `patience` is over; nobody after that.
    static func accept(
        at path: String,
        patience: Duration,
        while invited: () async throws -> Void
    ) async throws -> MessageSocket {
        let listener = clinux_message_listen(path)
        guard listener >= 0 else { throw fault("\(path) can't be listened at", -listener) }
        defer {
            Glibc.close(listener)
            unlink(path)
        }
        chmod(path, 0o600)
        try await invited()
        let descriptor = await onThread { clinux_message_accept(listener, Int32(patience.milliseconds)) }
        guard descriptor >= 0 else { throw fault("The running carrel did not come to \(path)", -descriptor) }
        return try MessageSocket(descriptor)
    }

    func send(_ message: TakeoverMessage, files: [Int32] = []) throws {
        let bytes = Array(try JSONEncoder().encode(message))
        let result = clinux_message_send(descriptor, bytes, bytes.count, files, files.count)
        guard result == 0 else { throw Self.fault("The other carrel is gone", -result) }
    }

    /// The next message. Nil if the other end is gone. Throws `conflict` after `patience`, or when the task is
    /// cancelled. The caller closes the files.
    func receive(within patience: Duration) async throws -> (message: TakeoverMessage, files: [Int32])? {
        let (length, bytes, files) = await withTaskCancellationHandler {
            await Self.onThread {
                var bytes = [UInt8](repeating: 0, count: Self.room)
                var files = [Int32](repeating: -1, count: Int(CLINUX_MESSAGE_FILES))
                var count = 0
                let time = Int32(clamping: patience.milliseconds)
                let length = clinux_message_receive(self.descriptor, time, &bytes, Self.room, &files, &count)
                return (length, Array(bytes.prefix(max(0, length))), Array(files.prefix(count)))
            }
        } onCancel: {
            shutdown(self.descriptor, Int32(SHUT_RDWR))
        }
        if length == 0 || length == -Int(ECONNRESET) { return nil }
        guard length > 0 else {
            throw length == -Int(EAGAIN)
                ? CarrelError(.conflict, "The other carrel said nothing for \(patience.forPeople)")
                : Self.fault("The other carrel can't be heard", Int32(-length))
        }
        do { return (try JSONDecoder().decode(TakeoverMessage.self, from: Data(bytes)), files) } catch {
            for file in files { Glibc.close(file) }
            throw CarrelError(.conflict, "The other carrel speaks another language: restart instead", cause: error)
        }
    }

    /// Blocking calls have threads of their own.
    static func onThread<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in queue.async { continuation.resume(returning: work()) } }
    }

    private static func fault(_ sentence: String, _ code: Int32) -> CarrelError {
        CarrelError(.conflict, "\(sentence): \(String(cString: strerror(code)))")
    }
}

/// A process that may be waited for without being a child, and whose number nobody else can have got meanwhile.
final class PeerProcess: Sendable {
    let pid: Int32
    private let file: Int32

    init(_ pid: Int32) {
        self.pid = pid
        file = clinux_pidfd_open(pid)
    }

    deinit { if file >= 0 { close(file) } }

    /// Whether it has ended, after at most `patience`.
    func hasEnded(within patience: Duration) async -> Bool {
        guard file >= 0 else { return true }
        return await MessageSocket.onThread {
            clinux_pidfd_ended(self.file, Int32(clamping: patience.milliseconds)) == 1
        }
    }

    func kill() { if file >= 0 { _ = clinux_pidfd_send(file, SIGKILL, 0) } }
}
