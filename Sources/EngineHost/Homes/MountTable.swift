/// What a process has mounted, as the kernel tells it (proc_pid_mountinfo(5)).
package enum MountTable {
    /// How many mounts lie upon each other at `path`, as the process sees it. Nil if that can't be known: there is no such
    /// process here.
    package static func layers(at path: String, of pid: Int32) -> Int? {
        guard let table = SystemFile.read("/proc/\(pid)/mountinfo") else { return nil }
        return table.split(separator: "\n").count { line in
            let fields = line.split(separator: " ", maxSplits: 5)
            return fields.count > 4 && unescaped(fields[4]) == path
        }
    }

    /// Blanks, tabs, newlines and backslashes are written in octal: `\040`.
    private static func unescaped(_ text: Substring) -> String {
        guard text.contains("\\") else { return String(text) }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8) {
                bytes.append(code)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
