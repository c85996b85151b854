import CLinux
import CarrelCore
@preconcurrency import Dispatch
import EngineHost
import Glibc
import Synchronization

/// Hands on what is written to a log as it comes, across rotations, until the instance is over. Woken by the kernel
/// (inotify(7)), never by a timer.
final class LogFollower: Sendable {
    private struct State {
        var file: Int32
        var inode: ino_t
        /// The beginning of a character whose end was not written yet.
        var rest: [UInt8] = []
        var isOver = false
    }

    private let directory: InstanceDirectory
    private let state: Mutex<State>

    static func stream(_ directory: InstanceDirectory) throws -> AsyncThrowingStream<String, any Error> {
        let changes = clinux_watch_directory(directory.path)
        guard changes >= 0 else { throw SystemFile.Failure(path: directory.path, code: -changes) }
        let follower = LogFollower(directory)
        let queue = DispatchQueue(label: "carrel.engine.process.log")
        let source = DispatchSource.makeReadSource(fileDescriptor: changes, queue: queue)
        let (stream, continuation) = AsyncThrowingStream.makeStream(of: String.self)
        source.setEventHandler {
            _ = SystemFile.rest(of: changes)
            if follower.handOn(to: continuation) { continuation.finish() }
        }
        source.setCancelHandler {
            Glibc.close(changes)
            follower.close()
        }
        continuation.onTermination = { _ in source.cancel() }
        source.resume()
        // What ended before the watch began makes no more events.
        queue.async { if follower.handOn(to: continuation) { continuation.finish() } }
        return stream
    }

    private init(_ directory: InstanceDirectory) {
        self.directory = directory
        let file = open(directory.log, O_RDONLY | O_CLOEXEC)
        lseek(file, 0, SEEK_END)
        state = Mutex(State(file: file, inode: Self.inode(of: file)))
    }

    private static func inode(of file: Int32) -> ino_t {
        var about = stat()
        return file >= 0 && fstat(file, &about) == 0 ? about.st_ino : 0
    }

    /// True once the instance is over and everything was handed on.
    private func handOn(to continuation: AsyncThrowingStream<String, any Error>.Continuation) -> Bool {
        state.withLock { state in
            guard !state.isOver else { return true }
            // Looked at before reading: whatever was written before the end is read after this.
            let isOver = SystemFile.exists(directory.exit) || !directory.exists
            var bytes = state.rest + SystemFile.rest(of: state.file)
            if let next = reopened(after: state.inode) {
                // Between the last read and the rotation more may have been written.
                bytes += SystemFile.rest(of: state.file) + SystemFile.rest(of: next)
                if state.file >= 0 { Glibc.close(state.file) }
                state.file = next
                state.inode = Self.inode(of: next)
            }
            let whole = isOver ? bytes.count : LogText.wholeCharacters(bytes)
            state.rest = Array(bytes[whole...])
            if whole > 0 { continuation.yield(String(decoding: bytes[..<whole], as: UTF8.self)) }
            state.isOver = isOver
            return isOver
        }
    }

    /// The new file, if the log was rotated.
    private func reopened(after inode: ino_t) -> Int32? {
        let file = open(directory.log, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        if Self.inode(of: file) != inode { return file }
        Glibc.close(file)
        return nil
    }

    private func close() {
        state.withLock { state in
            if state.file >= 0 { Glibc.close(state.file) }
            state.file = -1
            state.isOver = true
        }
    }
}
