import AsyncHTTPClient
import CarrelCore
import Glibc
import NIOCore
import NIOHTTP1
import UnixSignals

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension ControlClient {
    /// Runs a command inside a workspace, with this program's own input, output and terminal, and returns its exit code. Throws
    /// why it could not be run, or how it ended otherwise.
    public func exec(_ command: [String], in workspace: String) async throws -> Int32 {
        let terminal = LocalTerminal()
        let order = ShellOrder(
            command: command,
            terminal: terminal.map { ShellOrder.Terminal(kind: $0.kind, size: $0.size) }
        )
        let text = String(decoding: try JSONEncoder().encode(order), as: UTF8.self)
        let query = UnixSocketURL.encoded(text)
        let input = Handoff<ByteBuffer>()
        defer {
            terminal?.restore()
            input.finish()
        }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await Self.watchSize(of: terminal, input) }
            defer { group.cancelAll() }
            let path = "/api/v1/workspaces/\(workspace)/exec?order=\(query)"
            return try await stream(path, sending: ShellInput(frames: input)) { body in
                terminal?.makeRaw()
                // Not of this group: a read of standard input ends with the program only.
                Task.detached { await Self.forwardInput(to: input) }
                return try await Self.follow(body)
            }
        }
    }

    private static func forwardInput(to input: Handoff<ByteBuffer>) async {
        let standard = StandardInput()
        while let bytes = await standard.next() { await input.put(ByteBuffer(bytes: ShellFrame.input(bytes).bytes)) }
        await input.put(ByteBuffer(bytes: ShellFrame.inputEnd.bytes))
    }

    /// Writes out what comes, until the command has ended.
    private static func follow(_ body: HTTPClientResponse.Body) async throws -> Int32 {
        var reader = ShellFrame.Reader()
        for try await part in body {
            for frame in try reader.feed(part.readableBytesView) {
                switch frame {
                case .output(.standard(let bytes)): put(bytes, STDOUT_FILENO)
                case .output(.error(let bytes)): put(bytes, STDERR_FILENO)
                case .ended(let code?, _): return code
                case .ended(nil, let because):
                    throw CarrelError(.engineFailed, because ?? "It is not known how the command ended.")
                case .input, .inputEnd, .resize: throw ShellFrame.unintelligible
                }
            }
        }
        throw CarrelError(.engineFailed, "carrel serve ended, and the command with it.")
    }

    /// A reader that went away ends the output, not the command.
    private static func put(_ bytes: [UInt8], _ descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    private static func watchSize(of terminal: LocalTerminal?, _ input: Handoff<ByteBuffer>) async {
        guard let terminal else { return }
        for await _ in await UnixSignalsSequence(trapping: .sigwinch) {
            await input.put(ByteBuffer(bytes: ShellFrame.resize(terminal.size).bytes))
        }
    }
}

/// What is sent to the command, as a request's body.
struct ShellInput: AsyncSequence, Sendable {
    typealias Failure = any Error

    let frames: Handoff<ByteBuffer>

    struct AsyncIterator: AsyncIteratorProtocol {
        let frames: Handoff<ByteBuffer>

        mutating func next() async throws -> ByteBuffer? { await frames.take() }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(frames: frames) }
}
