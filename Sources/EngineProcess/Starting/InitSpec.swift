/// What `carrel-init` reads from its standard input: pairs of NUL-terminated texts (`Sources/carrel-init/spec.h`).
struct InitSpec: Sendable {
    private(set) var pairs: [(key: String, value: String)] = []

    mutating func add(_ key: String, _ value: String) { pairs.append((key, value)) }

    mutating func add(_ key: String, _ values: [String]) {
        for value in values { add(key, value) }
    }

    /// A NUL inside a value would end it early; no program, path or environment can have one.
    var bytes: [UInt8] {
        pairs.flatMap { pair in
            Array(pair.key.utf8) + [0] + pair.value.utf8.filter { $0 != 0 } + [0]
        }
    }
}
