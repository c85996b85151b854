import CarrelCore
import Yams

/// Texts, numbers, choices and secrets.
extension Checker {
    mutating func scalar(_ node: Node, _ shape: Shape, _ field: String, _ position: Position, shown: Bool) -> Content? {
        guard let scalar = node.scalar else { return wrongType(node, shape, field, position) }
        let kind = PlainScalar(scalar)
        let text = scalar.string
        func refuse(_ why: String, _ remedy: String) {
            let subject = shown ? "\(quoted(text)) \(why)" : why
            log.problem(field, at: position, found: shown ? text : nil, subject, remedy)
        }
        if kind == .null { return wrongType(node, shape, field, position) }
        switch shape {
        case .integer(let range):
            guard kind == .integer, let value = Int(text) else {
                refuse("is not a whole number", "give \(shape.says)")
                return nil
            }
            if range.contains(value) { return .integer(value) }
            refuse(value < range.lowerBound ? "is too small" : "is too large", "give \(shape.says)")
        case .number(let range):
            guard kind == .integer || kind == .number, let value = Double(text), value.isFinite else {
                refuse("is not a number", "give \(shape.says)")
                return nil
            }
            if range.contains(value) { return .number(value) }
            refuse(value < range.lowerBound ? "is too small" : "is too large", "give \(shape.says)")
        case .flag:
            if kind == .flag { return .flag(text.lowercased() == "true") }
            refuse("is neither true nor false", "give \(shape.says)")
        case .choice(let names):
            if names.contains(text) { return .text(text) }
            let near = Suggestion.nearest(to: text, among: names)
            refuse("is not known here", near.map { "did you mean \($0)?" } ?? "give \(shape.says)")
        case .text(let format), .secret(let format, literal: _, shown: _):
            switch format.read(text) {
            case .wrong(let why): refuse(why, "give \(format.says)")
            case .value(let value):
                if kind == .text || format.takesAnyScalar || (kind == .integer && format.takesIntegers) { return value }
                refuse("is \(kind.says), not a text", "put it in quotes")
            }
        case .list, .dictionary, .object, .variants, .either: return wrongType(node, shape, field, position)
        }
        return nil
    }

    /// What `{env: NAME}` or `{file: PATH}` may look like.
    static let reference = ObjectShape(
        [
            Key("env", .text(.environmentName), "The environment variable that holds the secret."),
            Key("file", .text(.hostPath("a file")), "The file that holds the secret."),
        ],
        exactlyOneOf: ["env", "file"]
    )

    mutating func secret(_ node: Node, _ format: TextFormat, _ field: String, _ position: Position) -> Content? {
        guard case .object(let keys)? = check(node, .object(Self.reference), at: field)?.content else { return nil }
        let text: String
        if case .text(let name)? = keys["env"]?.content {
            guard let value = surroundings.environment[name] else {
                log.problem(
                    "\(field).env",
                    found: name,
                    "the environment variable \(name) is not set",
                    "set it where carrel is started"
                )
                return nil
            }
            text = value
        } else if case .text(let path)? = keys["file"]?.content {
            do {
                text = try surroundings.readFile(HostPath.resolved(path, in: surroundings.directory)).withoutLastLineEnd
            } catch {
                log.problem(
                    "\(field).file",
                    found: path,
                    "\(quoted(path)) can't be read (\(error))",
                    "name a file that carrel may read"
                )
                return nil
            }
        } else {
            return nil
        }
        if case .wrong(let why) = format.read(text) {
            log.problem(field, at: position, "the secret \(why)", "it must be \(format.says)")
            return nil
        }
        return .secret(Secret(text))
    }
}

extension String {
    /// Files end with a line end that is not part of the secret.
    fileprivate var withoutLastLineEnd: String {
        hasSuffix("\r\n") || hasSuffix("\n") ? String(dropLast()) : self
    }
}
