import Dispatch
import Glibc

/// Standard input as it comes: read on a thread of its own, a piece only when it is asked for.
struct StandardInput: Sendable {
    private static let queue = DispatchQueue(label: "carrel.standard-input")

    /// Nil at its end. Not ended by cancellation: the program ends with the command.
    func next() async -> [UInt8]? {
        await withCheckedContinuation { continuation in
            Self.queue.async {
                var buffer = [UInt8](repeating: 0, count: 65_536)
                var count: Int
                repeat { count = read(STDIN_FILENO, &buffer, buffer.count) } while count < 0 && errno == EINTR
                continuation.resume(returning: count > 0 ? Array(buffer[..<count]) : nil)
            }
        }
    }
}
