import CarrelCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension ClaimTrace {
    /// For `Server-Timing` (W3C): how the claim was met, and each part in milliseconds.
    var serverTiming: String {
        var parts = ["claim;desc=\"\(source.rawValue)\""]
        for (name, value) in [("queue", queue), ("commit", commit), ("attach", attach), ("route", route)] {
            parts.append("\(name);dur=\((value * 1000).rounded() / 1000)")
        }
        if let start {
            let phases = [("start-wait", start.wait), ("start-engine", start.engine), ("start-answer", start.answer)]
            for (name, value) in phases { parts.append("\(name);dur=\((value * 1000).rounded() / 1000)") }
        }
        if let firstByte { parts.append("first-byte;dur=\((firstByte * 1000).rounded() / 1000)") }
        return parts.joined(separator: ", ")
    }
}
