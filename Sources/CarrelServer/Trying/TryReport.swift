public import CarrelCore

/// What came of trying one app, step by step.
public struct TryReport: Sendable, Encodable {
    public struct Step: Sendable, Encodable {
        public enum Outcome: String, Sendable, Encodable { case done, note, failed }

        public var what: String
        public var outcome: Outcome
        /// What was found: a figure, an answer, or what is wrong.
        public var found: String
        public var milliseconds: Double

        /// One line, for people.
        public var line: String {
            let mark =
                switch outcome {
                case .done: "ok"
                case .note: "note"
                case .failed: "FAILED"
                }
            let shown = found.isEmpty ? "" : ": \(found)"
            return "\(mark)\t\(Int64(milliseconds.rounded())) ms\t\(what)\(shown)"
        }
    }

    public var app: AppID
    public internal(set) var steps: [Step] = []
    /// What is on this machine that should not be. Empty if all is well.
    public internal(set) var left: [String] = []

    public var hasFailed: Bool { !left.isEmpty || steps.contains { $0.outcome == .failed } }
}
