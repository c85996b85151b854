import CarrelCore

/// What the definitions promise about a value; nil where the value is missing (or was wrong and is reported).
extension Checked {
    subscript(key: String) -> Checked? {
        guard case .object(let values) = content else { return nil }
        return values[key]
    }

    var entries: [String: Checked] {
        guard case .object(let values) = content else { return [:] }
        return values
    }

    var elements: [Checked] {
        guard case .list(let values) = content else { return [] }
        return values
    }

    var text: String? {
        guard case .text(let text) = content else { return nil }
        return text
    }

    var integer: Int? {
        guard case .integer(let value) = content else { return nil }
        return value
    }

    var flag: Bool? {
        guard case .flag(let value) = content else { return nil }
        return value
    }

    var number: Double? {
        guard case .number(let value) = content else { return nil }
        return value
    }

    var duration: Duration? {
        guard case .duration(let value) = content else { return nil }
        return value
    }

    /// A size; a plain number of bytes is one as well.
    var bytes: Int64? {
        guard case .bytes(let value) = content else { return nil }
        return value
    }

    var template: Template? {
        guard case .template(let value) = content else { return nil }
        return value
    }

    var secret: Secret? {
        guard case .secret(let value) = content else { return nil }
        return value
    }

    var environmentValue: EnvironmentValue? {
        switch content {
        case .template(let template): .template(template)
        case .secret(let secret): .secret(secret)
        default: nil
        }
    }

    var texts: [String] { elements.compactMap(\.text) }
    var textEntries: [String: String] { entries.compactMapValues(\.text) }
}
