import CarrelCore

/// How the text of one value is written, read and described.
struct TextFormat: Sendable {
    /// What came of reading.
    enum Reading: Sendable {
        case value(Content)
        /// What is wrong, as the rest of a sentence that begins with the value: `has no unit`.
        case wrong(String)
    }

    /// What would be right, as the end of a sentence: "give …".
    let says: String
    /// For the JSON Schema (ECMA 262); accepts at least what `read` does. Nil: any text.
    let pattern: String?
    /// Whether `FLAG: 1` and `FLAG: true` mean the text `1` and `true` here.
    var takesAnyScalar = false
    /// Whether a plain whole number is good as well: bytes.
    var takesIntegers = false
    let read: @Sendable (String) -> Reading

    init(
        _ says: String,
        pattern: String? = nil,
        takesAnyScalar: Bool = false,
        takesIntegers: Bool = false,
        read: @escaping @Sendable (String) -> Reading
    ) {
        self.says = says
        self.pattern = pattern
        self.takesAnyScalar = takesAnyScalar
        self.takesIntegers = takesIntegers
        self.read = read
    }
}

/// A value as read by its format.
enum Content: Sendable {
    case text(String)
    case integer(Int)
    case number(Double)
    case flag(Bool)
    case duration(Duration)
    case bytes(Int64)
    /// Nil: `none`.
    case fraction(Double?)
    case template(Template)
    case secret(Secret)
    case bind(host: String, port: Int)
    case uids(ClosedRange<UInt32>)
    case list([Checked])
    case object([String: Checked])
}

/// A value of the file that has its shape, and where it stands.
struct Checked: Sendable {
    let field: String
    let position: Position
    let content: Content
}
