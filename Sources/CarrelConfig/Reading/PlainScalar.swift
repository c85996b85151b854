import Yams

/// What a scalar without quotes means: the core schema of YAML 1.2, so that `off`, `no` and `12:30` stay text.
enum PlainScalar {
    case null, flag, integer, number, text

    init(_ scalar: Node.Scalar) {
        guard scalar.style == .plain else {
            self = .text
            return
        }
        let text = scalar.string
        switch text {
        case "", "~", "null", "Null", "NULL": self = .null
        case "true", "True", "TRUE", "false", "False", "FALSE": self = .flag
        case ".inf", ".Inf", ".INF", "-.inf", "-.Inf", "-.INF", "+.inf", ".nan", ".NaN", ".NAN": self = .number
        default: self = Self.isInteger(text) ? .integer : Self.isNumber(text) ? .number : .text
        }
    }

    var says: String {
        switch self {
        case .null: "nothing"
        case .flag: "true or false"
        case .integer, .number: "a number"
        case .text: "a text"
        }
    }

    private static func isInteger(_ text: String) -> Bool {
        let digits = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
        return !digits.isEmpty && digits.utf8.allSatisfy(\.isASCIIDigit)
    }

    private static func isNumber(_ text: String) -> Bool {
        let marks = Set(".eE+-".utf8)
        guard text.utf8.contains(where: \.isASCIIDigit),
            text.utf8.allSatisfy({ $0.isASCIIDigit || marks.contains($0) })
        else { return false }
        return Double(text) != nil
    }
}
