import CarrelCore
import Glibc

extension ExitRecord {
    /// Why it ended, as one sentence, as far as we know more than the code says.
    func sentence(memoryLimit: Int64?, log: String) -> String? {
        if oomKills > 0, code == 137 {
            let limit = memoryLimit.map { " of \($0 / (1 << 20)) MiB" } ?? ""
            return "The app used more memory than its limit\(limit) and was ended by the system."
        }
        if asked { return "The app was asked to end." }
        let words = Self.lastWords(log).map { " It said last: \($0)" } ?? ""
        if let signal {
            return "The app was ended by signal \(signal) (\(String(cString: strsignal(signal))))." + words
        }
        guard let code else { return "Its keeper was ended from outside, and everything of it with it." + words }
        return "The app ended by itself with code \(code)." + words
    }

    /// The last line that says something, cut to 300 characters.
    private static func lastWords(_ log: String) -> String? {
        let line = log.split(whereSeparator: \.isNewline).last { line in
            !line.allSatisfy(\.isWhitespace) && !line.hasPrefix("carrel: ")
        }
        return line.map { String($0.prefix(300)) }
    }
}
