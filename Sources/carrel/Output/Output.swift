#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Data to stdout, diagnostics to stderr.
enum Output {
    static func data(_ text: String) { send(text.hasSuffix("\n") ? text : text + "\n", to: 1) }

    /// As it is, without a line's end of its own.
    static func raw(_ text: String) { send(text, to: 1) }

    static func diagnostic(_ text: String) { send(text.hasSuffix("\n") ? text : text + "\n", to: 2) }

    private static func send(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            // A reader that went away (`| head`) ends the output, not the command.
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }

    /// Columns as wide as their widest cell, two spaces apart; nothing but the headings if there are no rows.
    static func table(_ headings: [String], _ rows: [[String]]) {
        let lines = [headings] + rows
        let widths = headings.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        let text = lines.map { cells in
            cells.indices.map { index in
                index == cells.count - 1
                    ? cells[index] : cells[index] + String(repeating: " ", count: widths[index] - cells[index].count)
            }.joined(separator: "  ")
        }
        data(text.joined(separator: "\n"))
    }

    static func jsonLine(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        data(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}
