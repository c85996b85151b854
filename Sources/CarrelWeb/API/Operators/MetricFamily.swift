/// One gauge with its samples, in Prometheus's text format.
struct MetricFamily: Sendable {
    private let name: String
    private let help: String
    private var samples: [String] = []

    init(_ name: String, _ help: String) {
        self.name = name
        self.help = help
    }

    mutating func add(_ labels: [String: String], _ value: Double) {
        let text = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(Self.escaped($0.value))\"" }
        let number = value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
        samples.append("\(name){\(text.joined(separator: ","))} \(number)")
    }

    /// Help, type and samples, each on a line; samples in a stable order.
    var text: String {
        (["# HELP \(name) \(help)", "# TYPE \(name) gauge"] + samples.sorted()).joined(separator: "\n") + "\n"
    }

    /// Backslash, quote and line feed are escaped in label values.
    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
