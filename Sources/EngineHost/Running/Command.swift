import CLinux
import Glibc

/// One way to run another program to its end.
package struct Command {
    /// The program's path, then its arguments.
    package var arguments: [String]
    package var input: [UInt8]

    package init(arguments: [String], input: [UInt8] = []) {
        self.arguments = arguments
        self.input = input
    }

    package struct Outcome: Sendable {
        /// The exit code; nil if it was ended by a signal or could not be started.
        package var code: Int32?
        package var output: String
        package var succeeded: Bool { code == 0 }
    }

    /// Waits for it. What it printed (with `errors`: on standard error too) is kept up to `room` bytes.
    package func run(errors: Bool = true, room: Int = 65_536) -> Outcome {
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        pointers.append(nil)
        var output = [CChar](repeating: 0, count: room)
        var length = 0
        let status = clinux_run(pointers, input, input.count, &output, output.count, &length, errors)
        let text = String(decoding: output[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard status >= 0 else { return Outcome(code: nil, output: String(cString: strerror(-status))) }
        return Outcome(code: status & 0x7f == 0 ? (status >> 8) & 0xff : nil, output: text)
    }

    /// The path of an installed program.
    package static func find(_ name: String) -> String? {
        ["/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/", "/usr/local/bin/", "/usr/local/sbin/"]
            .map { $0 + name }.first(where: SystemFile.isExecutable)
    }
}
