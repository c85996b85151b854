/// The tables of `docs/configuration.md`, made from the definitions that the parser uses.
public enum ConfigurationReference {
    public static let begin = "<!-- keys: generated, do not edit -->"
    public static let end = "<!-- keys: end -->"

    /// One section for each mapping, outer ones first; ends with a line end.
    public static func markdown() -> String {
        var sections: [String] = []
        describe(Definitions.root, title: "The file", path: "", into: &sections)
        return sections.joined(separator: "\n")
    }

    private static func describe(_ object: ObjectShape, title: String, path: String, into sections: inout [String]) {
        sections.append("### \(title)\n\n" + table(object.keys) + notes(object))
        for key in object.keys {
            describe(key.shape, path: path.isEmpty ? key.name : "\(path).\(key.name)", into: &sections)
        }
    }

    private static func describe(_ shape: Shape, path: String, into sections: inout [String]) {
        switch shape {
        case .object(let object): describe(object, title: "`\(path)`", path: path, into: &sections)
        case .list(let element, atLeast: _): describe(element, path: "\(path)[]", into: &sections)
        case .dictionary(_, let element, atLeast: _): describe(element, path: "\(path).NAME", into: &sections)
        case .either(_, _, let mapping): if let mapping { describe(mapping, path: path, into: &sections) }
        case .variants(let variants): describe(variants, path: path, into: &sections)
        case .text, .secret, .integer, .number, .choice, .flag: break
        }
    }

    /// Variants with the same keys share a section.
    private static func describe(_ variants: VariantShape, path: String, into sections: inout [String]) {
        var groups: [(names: [String], rows: String)] = []
        for variant in variants.variants {
            let rows = table(variant.object.keys.filter { $0.name != variants.discriminator.name })
            if let index = groups.firstIndex(where: { $0.rows == rows }) {
                groups[index].names.append(variant.name)
            } else {
                groups.append(([variant.name], rows))
            }
        }
        sections.append("### `\(path)`\n\n" + table([variants.discriminator]))
        for group in groups {
            let names = group.names.map { "`\($0)`" }.joined(separator: ", ")
            sections.append("### `\(path)` with `\(variants.discriminator.name)` \(names)\n\n\(group.rows)")
        }
    }

    private static func table(_ keys: [Key]) -> String {
        guard !keys.isEmpty else { return "No further keys.\n" }
        let rows = keys.map { key in
            let fallback = key.isRequired ? "**required**" : key.fallback ?? "–"
            return "| `\(key.name)` | \(cell(kind(key.shape))) | \(cell(fallback)) | \(cell(key.says)) |"
        }
        return "| key | value | default | meaning |\n|---|---|---|---|\n" + rows.joined(separator: "\n") + "\n"
    }

    private static func kind(_ shape: Shape) -> String {
        switch shape {
        case .text(let format): format.takesAnyScalar ? "text" : format.says
        case .secret: "text, or `{env: NAME}`, or `{file: PATH}`"
        case .flag: "`true` or `false`"
        case .choice(let names): names.map { "`\($0)`" }.joined(separator: ", ")
        case .list(let element, atLeast: _):
            switch element {
            case .object, .variants: "list of mappings"
            default: "list: \(kind(element))"
            }
        case .dictionary(_, let element, atLeast: _):
            switch element {
            case .object, .variants: "mapping of names to mappings"
            default: "mapping of names to: \(kind(element))"
            }
        case .object, .variants: "mapping"
        case .either(let scalar, let list, let mapping):
            ([scalar] + [list, mapping].compactMap { $0 }).map(kind).joined(separator: ", or ")
        case .integer, .number: shape.says
        }
    }

    private static func notes(_ object: ObjectShape) -> String {
        guard !object.exactlyOneOf.isEmpty else { return "" }
        let names = object.exactlyOneOf.map { "`\($0)`" }.joined(separator: ", ")
        return "\nExactly one of \(names) must be there.\n"
    }

    private static func cell(_ text: String) -> String {
        String(text.flatMap { $0 == "|" ? "\\|" : String($0) })
    }
}
