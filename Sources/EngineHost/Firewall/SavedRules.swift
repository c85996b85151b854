/// What `iptables-save` printed, taken apart. Pure.
package struct SavedRules: Sendable {
    /// The rules of each table in their order, each as `-A CHAIN …`.
    private var tables: [String: [String]] = [:]
    private var chains: [String: Set<String>] = [:]

    package init(_ text: String) {
        var table = ""
        for line in text.split(separator: "\n") {
            switch line.first {
            case "*": table = String(line.dropFirst())
            case ":": chains[table, default: []].insert(String(line.dropFirst().prefix { $0 != " " }))
            case "-": tables[table, default: []].append(String(line))
            default: continue
            }
        }
    }

    package func has(chain: String, in table: String) -> Bool { chains[table]?.contains(chain) ?? false }

    /// The chains of a table whose name begins so, sorted.
    package func chains(of table: String, beginning prefix: String) -> [String] {
        (chains[table] ?? []).filter { $0.hasPrefix(prefix) }.sorted()
    }

    package func rules(of table: String) -> [String] { tables[table] ?? [] }

    package func rules(of table: String, chain: String) -> [String] {
        rules(of: table).filter { $0.hasPrefix("-A \(chain) ") }
    }
}
