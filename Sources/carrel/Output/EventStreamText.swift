import Synchronization

/// Takes the `data:` lines out of a server-sent event stream that arrives in any pieces
/// (https://html.spec.whatwg.org/multipage/server-sent-events.html).
final class EventStreamText: Sendable {
    private let rest = Mutex("")

    func lines(in part: String) -> [String] {
        rest.withLock { rest in
            var lines = (rest + part).split(separator: "\n", omittingEmptySubsequences: false)
            rest = String(lines.removeLast())
            return lines.compactMap { line in
                guard line.hasPrefix("data:") else { return nil }
                let text = line.dropFirst(5)
                return String(text.hasPrefix(" ") ? text.dropFirst() : text)
            }
        }
    }
}
