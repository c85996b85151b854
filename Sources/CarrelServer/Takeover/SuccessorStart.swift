import CLinux
import CarrelCore
import Glibc
import Logging
import ServiceLifecycle
import UnixSignals

/// SIGUSR2 starts the program anew, from where this one was started and with the same words, to take over from this
/// process: so it belongs to the same service, with the same environment and log.
struct SuccessorStart: Service {
    let parts: Parts

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in await UnixSignalsSequence(trapping: .sigusr2) where !parts.giving.left.isOpen {
                await start()
            }
        }
        try? await gracefulShutdown()
    }

    private func start() async {
        let words = [Self.program] + CommandLine.arguments.dropFirst().filter { $0 != "--takeover" } + ["--takeover"]
        var arguments = words.map { strdup($0) }
        defer { for argument in arguments { free(argument) } }
        arguments.append(nil)
        let pid = clinux_start(arguments)
        guard pid > 0 else {
            parts.logger.error("\(Self.program) can't be started: \(String(cString: strerror(-pid)))")
            return
        }
        parts.logger.notice("started process \(pid) to take over")
        // Until it serves, or has said in the log why it does not: its end is waited for in either case.
        let logger = parts.logger
        Task {
            let status = await MessageSocket.onThread { clinux_wait(pid) }
            if status != 0 { logger.warning("process \(pid) ended with status \(status)") }
        }
    }

    /// As it was called, so that a link that was changed meanwhile leads to the new version.
    private static let program: String = {
        if let called = CommandLine.arguments.first, called.contains("/") { return called }
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &path, path.count - 1)
        let own = String(decoding: path.prefix(max(0, length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // What the kernel adds once the file was replaced.
        let gone = " (deleted)"
        return own.hasSuffix(gone) ? String(own.dropLast(gone.count)) : own
    }()
}
