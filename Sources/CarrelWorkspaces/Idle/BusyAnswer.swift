import CarrelCore

/// What an app says about itself when it is asked whether it computes.
enum BusyAnswer: Hashable, Sendable {
    /// What is busy, for people: `kernel of train.ipynb`.
    case busy(String)
    case quiet
    /// No answer, or one that says nothing: with what was wrong with it.
    case unknown(String)

    init(_ answer: ProbeAnswer?, probe: BusyProbe) {
        guard let answer else {
            self = .unknown("it did not answer")
            return
        }
        guard (200..<300).contains(answer.status) else {
            self = .unknown("it answered \(answer.status)")
            return
        }
        guard let json = JSONValue(answer.body) else {
            self = .unknown("its answer is not JSON")
            return
        }
        var found: [String] = []
        Self.search(json, probe, into: &found)
        guard let first = found.first else {
            self = .quiet
            return
        }
        let others = Set(found).count - 1
        self = .busy(others > 0 ? "\(first) and \(others) more" : first)
    }

    /// Collects the names of every object that has all the members asked for, in the order of the answer's lists.
    private static func search(_ value: JSONValue, _ probe: BusyProbe, into found: inout [String]) {
        switch value {
        case .array(let elements):
            for element in elements { search(element, probe, into: &found) }
        case .object(let members):
            if !probe.any.isEmpty, probe.any.allSatisfy({ value.member($0.key)?.text == $0.value }) {
                found.append(name(value, probe))
                return
            }
            for key in members.keys.sorted() {
                if let member = members[key] { search(member, probe, into: &found) }
            }
        default: break
        }
    }

    private static func name(_ object: JSONValue, _ probe: BusyProbe) -> String {
        guard let says = probe.says else { return "the app" }
        var text = ""
        var rest = says[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            text += rest[..<open]
            text += object.member(String(rest[rest.index(after: open)..<close]))?.text ?? ""
            rest = rest[rest.index(after: close)...]
        }
        // A name from inside a workspace is its member's own text: short, and on one line.
        return String((text + rest).filter { !$0.isNewline }.prefix(200))
    }
}

/// The latest answers put together: since when it says the same.
struct BusyReading: Hashable, Sendable {
    var answer: BusyAnswer
    var at: Timestamp
    /// Since when it is busy, or has been silent.
    var since: Timestamp

    init(_ answer: BusyAnswer, at now: Timestamp, after earlier: BusyReading?) {
        self.answer = answer
        at = now
        since =
            switch (earlier?.answer, answer) {
            case (.busy, .busy), (.unknown, .unknown), (.quiet, .quiet): earlier?.since ?? now
            default: now
            }
    }
}
