import CarrelCore
import Glibc

/// The terminal that this program was started in. While a command runs elsewhere every key goes there.
struct LocalTerminal: Sendable {
    private let before: termios

    /// Nil if standard input and output are not both a terminal.
    init?() {
        var found = termios()
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1, tcgetattr(STDIN_FILENO, &found) == 0 else {
            return nil
        }
        before = found
    }

    var kind: String { getenv("TERM").map { String(cString: $0) } ?? "xterm" }

    var size: TerminalSize {
        var found = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &found) == 0, found.ws_col > 0, found.ws_row > 0 else {
            return TerminalSize(columns: 80, rows: 24)
        }
        return TerminalSize(columns: found.ws_col, rows: found.ws_row)
    }

    func makeRaw() {
        var raw = before
        cfmakeraw(&raw)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &raw)
    }

    func restore() {
        var before = before
        tcsetattr(STDIN_FILENO, TCSADRAIN, &before)
    }
}
