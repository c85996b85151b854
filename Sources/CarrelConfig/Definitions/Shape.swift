/// What may stand at one place of the file. The parser's checks, the JSON Schema and the reference in the
/// documentation are all made from these values.
indirect enum Shape: Sendable {
    case text(TextFormat)
    /// Text, or `{env: NAME}`, or `{file: PATH}`, whose value must have the format `literal`. `shown` is false where
    /// even plain text must not be repeated.
    case secret(TextFormat, literal: TextFormat, shown: Bool)
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    case choice([String])
    /// `true` or `false`.
    case flag
    case list(of: Shape, atLeast: Int)
    case dictionary(keys: TextFormat, of: Shape, atLeast: Int)
    case object(ObjectShape)
    case variants(VariantShape)
    /// Told apart by whether a list, a mapping or neither stands there.
    case either(scalar: Shape, list: Shape?, mapping: Shape?)
}

/// One key of a mapping.
struct Key: Sendable {
    let name: String
    let shape: Shape
    var isRequired = false
    /// What counts when the key is missing, as text; nil: nothing does.
    var fallback: String?
    /// One or two sentences for the schema and the documentation.
    let says: String

    init(_ name: String, _ shape: Shape, required: Bool = false, default fallback: String? = nil, _ says: String) {
        self.name = name
        self.shape = shape
        self.isRequired = required
        self.fallback = fallback
        self.says = says
    }
}

/// A mapping with known keys.
struct ObjectShape: Sendable {
    let keys: [Key]
    /// Exactly one of these keys must be there; empty: no such rule.
    var exactlyOneOf: [String] = []
    /// A key that makes sense only beside another.
    var needs: [String: String] = [:]

    init(_ keys: [Key], exactlyOneOf: [String] = [], needs: [String: String] = [:]) {
        self.keys = keys
        self.exactlyOneOf = exactlyOneOf
        self.needs = needs
    }

    func key(_ name: String) -> Key? { keys.first { $0.name == name } }
}

/// A mapping whose other keys depend on the value of one of them.
struct VariantShape: Sendable {
    struct Variant: Sendable {
        let name: String
        let object: ObjectShape
    }

    /// The key that tells: `kind`.
    let discriminator: Key
    let variants: [Variant]

    /// `says` is for the discriminator, whose choices are the variants' names.
    /// `needs`, by variant: keys that make sense only beside another.
    init(
        by name: String,
        default fallback: String? = nil,
        _ says: String,
        _ variants: [(String, [Key])],
        needs: [String: [String: String]] = [:]
    ) {
        let shape = Shape.choice(variants.map(\.0))
        let key = Key(name, shape, required: fallback == nil, default: fallback, says)
        discriminator = key
        self.variants = variants.map {
            Variant(name: $0.0, object: ObjectShape([key] + $0.1, needs: needs[$0.0] ?? [:]))
        }
    }
}

extension Shape {
    /// What would be right here, as the end of a sentence: "give …".
    var says: String {
        switch self {
        case .text(let format), .secret(let format, literal: _, shown: _): format.says
        case .integer(let range):
            range.upperBound == .max
                ? "a whole number from \(range.lowerBound)"
                : "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
        case .choice(let names): names.count == 1 ? names[0] : "one of \(names.joined(separator: ", "))"
        case .flag: "true or false"
        case .list(let shape, atLeast: _): "a list, each of them \(shape.says)"
        case .dictionary: "a mapping of names to values"
        case .object(let object): "a mapping with the keys \(object.keys.map(\.name).joined(separator: ", "))"
        case .variants(let variants): "a mapping with the key \(variants.discriminator.name)"
        case .either(let scalar, let list, let mapping):
            ([scalar] + [list, mapping].compactMap { $0 }).map(\.says).joined(separator: ", or ")
        }
    }
}
