import CarrelCore
import Yams

/// Compares the tree with the definitions: reports everything that differs, and reads everything that does not.
struct Checker {
    var log: ProblemLog
    let surroundings: Surroundings
    let renamed: [String: String]
    /// Nodes looked at. Aliases can make a small file a large tree.
    private var visited = 0
    static let visitLimit = 100_000

    init(log: ProblemLog, surroundings: Surroundings, renamed: [String: String]) {
        self.log = log
        self.surroundings = surroundings
        self.renamed = renamed
    }

    /// Nil when it has not this shape; then the log says why.
    mutating func check(_ node: Node, _ shape: Shape, at field: String) -> Checked? {
        let position = position(of: node)
        if log.positions[field] == nil { log.positions[field] = position }
        visited += 1
        guard visited < Self.visitLimit else {
            if visited == Self.visitLimit {
                log.problem(
                    field,
                    at: position,
                    "more than 100000 values, counting those behind aliases",
                    "use fewer aliases"
                )
            }
            return nil
        }
        guard hasKnownTag(node, field, position) else { return nil }
        guard let content = content(of: node, shape, field, position) else { return nil }
        return Checked(field: field, position: position, content: content)
    }

    func position(of node: Node) -> Position {
        log.source.inside(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
    }

    private mutating func content(of node: Node, _ shape: Shape, _ field: String, _ position: Position) -> Content? {
        switch shape {
        case .either(let scalar, let list, let mapping):
            let chosen = node.sequence != nil ? list : node.mapping != nil ? mapping : scalar
            guard let chosen else { return wrongType(node, shape, field, position) }
            return content(of: node, chosen, field, position)
        case .secret(_, let literal, let shown):
            if node.mapping != nil { return secret(node, literal, field, position) }
            guard let read = scalar(node, shape, field, position, shown: shown) else { return nil }
            guard !shown, case .text(let text) = read else { return read }
            return .secret(Secret(text))
        case .list(let element, let least):
            guard let nodes = node.sequence else { return wrongType(node, shape, field, position) }
            if nodes.count < least {
                log.problem(field, at: position, "is an empty list", "give \(element.says), or remove the key")
            }
            return .list(nodes.enumerated().compactMap { check($1, element, at: "\(field)[\($0)]") })
        case .dictionary(let keys, let element, let least):
            return dictionary(node, shape, keys, element, least, field, position)
        case .object(let object):
            guard let pairs = pairs(of: node, shape, field, position) else { return nil }
            return self.object(pairs, object, field, position)
        case .variants(let variants):
            guard let pairs = pairs(of: node, shape, field, position) else { return nil }
            return self.variant(pairs, variants, field, position)
        case .text, .integer, .number, .choice, .flag: return scalar(node, shape, field, position, shown: true)
        }
    }

    private mutating func dictionary(
        _ node: Node,
        _ shape: Shape,
        _ keys: TextFormat,
        _ element: Shape,
        _ least: Int,
        _ field: String,
        _ position: Position
    ) -> Content? {
        guard let pairs = pairs(of: node, shape, field, position) else { return nil }
        if pairs.count < least { log.problem(field, at: position, "is empty", "give at least one: \(keys.says)") }
        var values: [String: Checked] = [:]
        for pair in pairs {
            let name = field.isEmpty ? pair.name : "\(field).\(pair.name)"
            if case .wrong(let why) = keys.read(pair.name) {
                log.problem(
                    name,
                    at: pair.position,
                    found: pair.name,
                    "\(quoted(pair.name)) \(why)",
                    "use \(keys.says)"
                )
            }
            values[pair.name] = check(pair.value, element, at: name)
        }
        return .object(values)
    }

    mutating func wrongType(_ node: Node, _ shape: Shape, _ field: String, _ position: Position) -> Content? {
        let found: String
        switch node {
        case .mapping: found = "a mapping"
        case .sequence: found = "a list"
        case .scalar(let scalar): found = PlainScalar(scalar).says
        case .alias: found = "an alias"
        }
        let message = found == "nothing" ? "has no value" : "is \(found)"
        log.problem(field, at: position, found: found, message, "give \(shape.says)")
        return nil
    }

    /// `!Ref x` means something to other programs and nothing here.
    private mutating func hasKnownTag(_ node: Node, _ field: String, _ position: Position) -> Bool {
        let tag: String
        switch node {
        case .scalar(let scalar): tag = scalar.tag.rawValue
        case .mapping(let mapping): tag = mapping.tag.rawValue
        case .sequence(let sequence): tag = sequence.tag.rawValue
        case .alias(let alias): tag = alias.tag.rawValue
        }
        guard tag.hasPrefix("!"), tag != "!" else { return true }
        log.problem(field, at: position, found: tag, "has the tag \(tag), which means nothing here", "remove the tag")
        return false
    }
}

/// A text from the file for a message: short, on one line, in quotes.
func quoted(_ text: String) -> String {
    let shown = String(text.unicodeScalars.prefix(60).map { $0.value < 32 ? " " : Character($0) })
    return "\"\(shown)\(text.unicodeScalars.count > 60 ? "…" : "")\""
}
