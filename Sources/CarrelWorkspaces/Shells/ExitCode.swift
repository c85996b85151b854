import Synchronization

/// What a command left, on its way out of a closure.
final class ExitCode: Sendable {
    private let code = Mutex<Int32?>(nil)

    var value: Int32? { code.withLock { $0 } }

    func set(_ value: Int32?) { code.withLock { $0 = value } }
}
