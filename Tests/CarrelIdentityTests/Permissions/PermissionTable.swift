import Foundation
import Testing

/// The table in `docs/permissions.md`: what stands in each row under each heading.
struct PermissionTable {
    struct Row {
        let action: String
        let cells: [String: String]
    }

    let rows: [Row]

    init() throws {
        let here = URL(fileURLWithPath: #filePath)
        let root = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent("docs/permissions.md"), encoding: .utf8)
        let lines = text.split(separator: "\n").filter { $0.hasPrefix("|") }.map { line in
            line.dropFirst().dropLast().split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
        let headings = try #require(lines.first).dropFirst()
        rows = lines.dropFirst(2).map { line in
            Row(action: line[0], cells: Dictionary(uniqueKeysWithValues: zip(headings, line.dropFirst())))
        }
    }
}
