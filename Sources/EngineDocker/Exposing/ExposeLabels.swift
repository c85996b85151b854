import CarrelCore

/// What a container says of itself that is to be seen by members: labels `org.carrel.expose.…`. Pure.
struct ExposeLabels: Equatable {
    static let prefix = "org.carrel.expose."
    static let name = prefix + "name"

    var name: String
    var title: String
    var port: Int
    /// Nil: every member.
    var access: AccessRule?
    var rule: PrefixRule
    /// Of several networks the one where it is reached.
    var network: String?
    /// Nil: every deployment that listens to such labels.
    var deployment: String?

    /// What is wrong with the labels, for operators.
    struct Wrong: Error, Equatable {
        let sentence: String
        init(_ sentence: String) { self.sentence = sentence }
    }

    init(_ labels: [String: String]) throws(Wrong) {
        func label(_ key: String) -> String? {
            labels[Self.prefix + key].map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
        }
        guard let name = label("name"), Self.isName(name) else {
            throw Wrong("\(Self.name) is to be lower-case letters, digits and hyphens, at most 40")
        }
        guard let port = label("port").flatMap({ Int($0) }), 1...65_535 ~= port else {
            throw Wrong("\(Self.prefix)port is to say where it listens, 1 to 65535")
        }
        let known: Set = ["name", "title", "port", "access", "prefix", "network", "deployment"]
        let unknown = labels.keys.filter {
            $0.hasPrefix(Self.prefix) && !known.contains(String($0.dropFirst(Self.prefix.count)))
        }
        if let unknown = unknown.min() { throw Wrong("\(unknown) means nothing") }
        self.name = name
        self.port = port
        title = label("title").flatMap { $0.isEmpty ? nil : String($0.prefix(100)) } ?? name
        access = try Self.access(label("access"))
        switch label("prefix") {
        case nil: rule = .strip
        case let text?:
            guard let prefix = PrefixRule(rawValue: text) else { throw Wrong("\(Self.prefix)prefix is keep or strip") }
            rule = prefix
        }
        network = label("network")
        deployment = label("deployment")
    }

    private static func isName(_ text: String) -> Bool {
        1...40 ~= text.utf8.count && text.first != "-" && text.last != "-"
            && text.utf8.allSatisfy {
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
                    || $0 == UInt8(ascii: "-")
            }
    }

    /// Nobody may open what does not say who may.
    private static func access(_ text: String?) throws(Wrong) -> AccessRule? {
        guard let text, !text.isEmpty else {
            throw Wrong("\(prefix)access is to say who may open it: groups as provider:group, or * for every member")
        }
        if text == "*" { return nil }
        var groups: Set<String> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let group = part.split(separator: " ").joined(separator: " ")
            let halves = group.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard halves.count == 2, !halves[0].isEmpty, !halves[1].isEmpty else {
                throw Wrong("\(prefix)access names groups as provider:group, with commas between them, not “\(group)”")
            }
            groups.insert(group)
        }
        return AccessRule(users: [], groups: groups)
    }
}
