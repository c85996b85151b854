/// The JSON Schema of `carrel.yaml` (draft 2020-12), made from the definitions that the parser uses. It says what the
/// structure may be; names that must exist and values that must fit each other are the parser's alone.
public enum ConfigurationSchema {
    /// The file `schema/carrel.schema.json`, with a line end.
    public static func json() -> String {
        var members: [(String, JSON)] = [
            ("$schema", .text("https://json-schema.org/draft/2020-12/schema")),
            ("title", .text("carrel.yaml")),
            ("description", .text("The configuration of Carrel. See docs/configuration.md.")),
        ]
        members += Shape.object(Definitions.root).schema
        members.append(("$defs", .object([(secretName, .object(Shape.object(Checker.reference).schema))])))
        return JSON.object(members).printed() + "\n"
    }

    fileprivate static let secretName = "secret"
}

extension Shape {
    fileprivate typealias Members = [(String, JSON)]

    fileprivate var schema: Members {
        switch self {
        case .text(let format): return format.schema
        case .secret(let format, literal: _, shown: _):
            let reference = JSON.object([("$ref", .text("#/$defs/\(ConfigurationSchema.secretName)"))])
            return [("anyOf", .list([.object(format.schema), reference]))]
        case .integer(let range):
            return [
                ("type", .text("integer")), ("minimum", .integer(range.lowerBound)),
                ("maximum", .integer(range.upperBound)),
            ]
        case .number(let range):
            return [
                ("type", .text("number")), ("minimum", .number(range.lowerBound)),
                ("maximum", .number(range.upperBound)),
            ]
        case .choice(let names): return [("enum", .list(names.map { .text($0) }))]
        case .flag: return [("type", .text("boolean"))]
        case .list(let element, let least):
            return [("type", .text("array")), ("items", .object(element.schema))] + minimum("minItems", least)
        case .dictionary(let keys, let element, let least):
            var members: Members = [("type", .text("object"))]
            if let pattern = keys.pattern { members.append(("propertyNames", .object([("pattern", .text(pattern))]))) }
            return members + [("additionalProperties", .object(element.schema))] + minimum("minProperties", least)
        case .object(let object): return object.schema
        case .variants(let variants): return variants.schema
        case .either(let scalar, let list, let mapping):
            let shapes = [scalar, list, mapping].compactMap { $0 }
            return [("anyOf", .list(shapes.map { .object($0.schema) }))]
        }
    }

    private func minimum(_ name: String, _ count: Int) -> Members { count > 0 ? [(name, .integer(count))] : [] }
}

extension TextFormat {
    fileprivate var schema: Shape.Members {
        let type: JSON =
            takesAnyScalar
            ? .list([.text("string"), .text("number"), .text("boolean")])
            : takesIntegers ? .list([.text("string"), .text("integer")]) : .text("string")
        return [("type", type)] + (pattern.map { [("pattern", .text($0))] } ?? [])
    }
}

extension Key {
    fileprivate var schema: JSON {
        var text = says.filter { $0 != "`" }
        if let fallback { text += " Default: \(fallback.filter { $0 != "`" })." }
        return .object([("description", .text(text))] + shape.schema)
    }
}

extension ObjectShape {
    fileprivate var schema: Shape.Members {
        var members: Shape.Members = [
            ("type", .text("object")),
            ("properties", .object(keys.map { ($0.name, $0.schema) })),
            ("additionalProperties", .flag(false)),
        ]
        let required = keys.filter(\.isRequired).map(\.name)
        if !required.isEmpty { members.append(("required", .list(required.map { .text($0) }))) }
        if !exactlyOneOf.isEmpty {
            let choices = exactlyOneOf.map { JSON.object([("required", .list([.text($0)]))]) }
            members.append(("oneOf", .list(choices)))
        }
        if !needs.isEmpty {
            let rules = needs.sorted { $0.key < $1.key }.map { ($0.key, JSON.list([.text($0.value)])) }
            members.append(("dependentRequired", .object(rules)))
        }
        return members
    }
}

extension VariantShape {
    /// One branch for each variant, chosen by the discriminator, so that an editor names the one key that is wrong.
    fileprivate var schema: Shape.Members {
        var members: Shape.Members = [
            ("type", .text("object")),
            ("properties", .object([(discriminator.name, discriminator.schema)])),
        ]
        if discriminator.isRequired { members.append(("required", .list([.text(discriminator.name)]))) }
        let branches = variants.map { variant in
            let name = JSON.object([(discriminator.name, .object([("const", .text(variant.name))]))])
            var condition: Shape.Members = [("properties", name)]
            if variant.name != discriminator.fallback {
                condition.append(("required", .list([.text(discriminator.name)])))
            }
            return JSON.object([("if", .object(condition)), ("then", .object(variant.object.schema))])
        }
        return members + [("allOf", .list(branches))]
    }
}
