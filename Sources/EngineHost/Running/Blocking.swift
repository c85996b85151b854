import Dispatch

private let queue = DispatchQueue(label: "carrel.engine.host", attributes: .concurrent)

/// Runs calls that wait for other processes on threads of their own, so that Swift's few are never held up.
package func blocking<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        queue.async { continuation.resume(with: Result { try work() }) }
    }
}
