/// The file's text, for positions in it.
struct SourceText: Sendable {
    let text: String
    let fileName: String
    /// Unicode scalars in each line, without its end.
    private let lengths: [Int]

    init(text: String, fileName: String) {
        self.text = text
        self.fileName = fileName
        var lengths = [0]
        for scalar in text.prefixOfScalars(ConfigurationFile.sizeLimit + 1) {
            if scalar == "\n" { lengths.append(0) } else { lengths[lengths.count - 1] += 1 }
        }
        // What follows the last line's end is no line.
        if lengths.count > 1, lengths.last == 0 { lengths.removeLast() }
        self.lengths = lengths
    }

    /// The nearest position that is in the file.
    func inside(line: Int, column: Int) -> Position {
        if line > lengths.count { return Position(line: lengths.count, column: (lengths.last ?? 0) + 1) }
        let line = max(1, line)
        return Position(line: line, column: min(max(1, column), lengths[line - 1] + 1))
    }

    /// Where the scalar with this number (from 0) stands.
    func position(ofScalar offset: Int) -> Position {
        var left = offset
        for (index, length) in lengths.enumerated() {
            if left <= length { return inside(line: index + 1, column: left + 1) }
            left -= length + 1
        }
        return inside(line: .max, column: 1)
    }

    /// The line's scalars, without its end; empty if there is none.
    func line(_ number: Int) -> Substring.UnicodeScalarView {
        let lines = text.unicodeScalars.split(separator: "\n", maxSplits: number, omittingEmptySubsequences: false)
        return lines.indices.contains(number - 1) ? lines[number - 1] : Substring().unicodeScalars
    }
}

extension String {
    fileprivate func prefixOfScalars(_ count: Int) -> Substring.UnicodeScalarView { unicodeScalars.prefix(count) }
}
