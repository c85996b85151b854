import Synchronization

/// What the parts of one start took, for the claim's trace. An engine notes them as it goes; nobody has to ask for them.
public final class StartParts: Sendable {
    /// Of the start that the present task is about; nil: nobody wants to know.
    @TaskLocal public static var current: StartParts?

    private let noted = Mutex<[String: Double]>([:])

    public init() {}

    /// Milliseconds by the part's name.
    public var milliseconds: [String: Double] { noted.withLock(\.self) }

    /// Does the work and notes how long it took, whether it failed or not. A part that is done twice has the sum.
    public static func measure<Value: Sendable>(
        _ part: String,
        _ work: @Sendable () async throws -> Value
    ) async rethrows -> Value {
        guard let current else { return try await work() }
        let start = ContinuousClock.now
        defer {
            let took = (ContinuousClock.now - start) / .milliseconds(1)
            current.noted.withLock { $0[part, default: 0] += took }
        }
        return try await work()
    }
}
