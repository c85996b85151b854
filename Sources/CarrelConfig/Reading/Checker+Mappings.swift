import Yams

/// Mappings: known keys, missing keys, keys that were given twice, merged keys.
extension Checker {
    struct Pair {
        let name: String
        let position: Position
        let value: Node
    }

    /// Nil when it is no mapping. Keys that can't count are reported and left out.
    mutating func pairs(of node: Node, _ shape: Shape, _ field: String, _ position: Position) -> [Pair]? {
        guard let mapping = node.mapping else {
            _ = wrongType(node, shape, field, position)
            return nil
        }
        var pairs: [Pair] = []
        var places: [String: Position] = [:]
        var merged: [Node] = []
        var twice: [(name: String, first: Position, second: Position?)] = []
        for (key, value) in mapping {
            let place = self.position(of: key)
            guard let scalar = key.scalar, !scalar.string.isEmpty else {
                log.problem(field, at: place, "has a key that is not a word", "write keys as words")
                continue
            }
            let name = scalar.string
            if let original = renamed[name] {
                twice.append((original, place, nil))
            } else if name == "<<", scalar.style == .plain {
                merged += value.sequence.map { Array($0) } ?? [value]
            } else if let first = places[name] {
                twice.append((name, first, place))
            } else {
                places[name] = place
                pairs.append(Pair(name: name, position: place, value: value))
            }
        }
        for (name, first, second) in twice {
            let path = field.isEmpty ? name : "\(field).\(name)"
            log.problem(
                path,
                at: second ?? places[name] ?? first,
                found: name,
                "is given twice (also on line \(first.line))",
                "keep one of them"
            )
        }
        for node in merged {
            guard let mapping = node.mapping else {
                log.problem(field, at: self.position(of: node), "<< does not name a mapping", "name one: <<: *anchor")
                continue
            }
            for (key, value) in mapping {
                guard let name = key.scalar?.string, places[name] == nil else { continue }
                let place = self.position(of: key)
                places[name] = place
                pairs.append(Pair(name: name, position: place, value: value))
            }
        }
        return pairs
    }

    mutating func object(_ pairs: [Pair], _ object: ObjectShape, _ field: String, _ position: Position) -> Content {
        func path(_ name: String) -> String { field.isEmpty ? name : "\(field).\(name)" }
        var values: [String: Checked] = [:]
        var given: Set<String> = []
        for pair in pairs {
            guard let key = object.key(pair.name) else {
                log.problem(
                    path(pair.name),
                    at: pair.position,
                    found: pair.name,
                    "unknown key",
                    object.suggestion(for: pair.name)
                )
                continue
            }
            given.insert(key.name)
            values[key.name] = check(pair.value, key.shape, at: path(key.name))
        }
        for key in object.keys where key.isRequired && !given.contains(key.name) {
            log.problem(path(key.name), at: position, "is missing", "add it: \(key.says)")
        }
        let chosen = object.exactlyOneOf.filter(given.contains)
        if chosen.count != 1, let last = object.exactlyOneOf.last {
            let names = "\(object.exactlyOneOf.dropLast().joined(separator: ", ")) or \(last)"
            let message = chosen.isEmpty ? "has neither of the keys \(names)" : "has more than one of the keys \(names)"
            log.problem(field, at: position, message, "give one of them")
        }
        for (name, other) in object.needs.sorted(by: { $0.key < $1.key })
        where given.contains(name) && !given.contains(other) {
            log.problem(path(name), "means nothing without \(other)", "remove it or add \(other)")
        }
        return .object(values)
    }

    mutating func variant(_ pairs: [Pair], _ variants: VariantShape, _ field: String, _ position: Position) -> Content?
    {
        let key = variants.discriminator
        let path = "\(field).\(key.name)"
        var name = key.fallback
        if let pair = pairs.first(where: { $0.name == key.name }) {
            guard case .text(let text)? = check(pair.value, key.shape, at: path)?.content else { return nil }
            name = text
        }
        guard let name, let variant = variants.variants.first(where: { $0.name == name }) else {
            let names = variants.variants.map(\.name).joined(separator: ", ")
            log.problem(path, at: position, "is missing", "add it: one of \(names)")
            return nil
        }
        return object(pairs, variant.object, field, position)
    }
}

extension ObjectShape {
    /// What an unknown key was probably meant to be.
    func suggestion(for name: String) -> String {
        if let near = Suggestion.nearest(to: name, among: keys.map(\.name)) { return "did you mean \(near)?" }
        for key in keys {
            if case .object(let inner) = key.shape, inner.key(name) != nil {
                return "did you mean \(key.name).\(name)?"
            }
        }
        guard keys.count <= 12 else { return "see docs/configuration.md for the keys that may stand here" }
        return "the keys here are: \(keys.map(\.name).joined(separator: ", "))"
    }
}
