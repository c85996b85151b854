import CarrelCore
import NIOCore

/// A command that runs in a container.
struct DockerShell: Shell {
    let connection: HijackedConnection
    let client: DockerClient
    /// The engine's own.
    let id: String
    let hasTerminal: Bool

    var output: any AsyncSequence<ShellOutput, any Error> & Sendable {
        ShellOutputs(connection: connection, isOne: hasTerminal)
    }

    func send(_ bytes: [UInt8]) async throws {
        try await connection.begun.wait()
        try await connection.writer.write(ByteBuffer(bytes: bytes))
    }

    func endInput() async throws {
        try await connection.begun.wait()
        connection.writer.finish()
    }

    /// A command that has just been started may not have its terminal yet.
    func resize(_ size: TerminalSize) async throws {
        guard hasTerminal else { return }
        for attempt in 0..<20 {
            do {
                try await client.post("/exec/\(id)/resize", ["h": "\(size.rows)", "w": "\(size.columns)"])
                return
            } catch let fault as DockerFault where attempt < 19 && !fault.isUnreachable && !fault.isMissing {
                try await Task.sleep(for: .milliseconds(25))
            } catch is DockerFault { return }
        }
    }

    /// The engine takes notice of the end a moment after the output's.
    func exitCode() async throws -> Int32? {
        for _ in 0..<100 {
            let about: ExecDetails
            do { about = try await client.get("/exec/\(id)/json") } catch let fault as DockerFault where fault.isMissing
            {
                return nil
            }
            if !about.isRunning { return about.exitCode }
            try await Task.sleep(for: .milliseconds(20))
        }
        return nil
    }
}

/// What comes from the engine, taken apart where it is two outputs in one stream.
struct ShellOutputs: AsyncSequence, Sendable {
    let connection: HijackedConnection
    /// A terminal has one output only.
    let isOne: Bool

    struct AsyncIterator: AsyncIteratorProtocol {
        let connection: HijackedConnection
        var parts: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
        let isOne: Bool
        /// Until it is whole.
        var head: [UInt8]? = []
        var stream = RawStream()
        var waiting: [ShellOutput] = []

        mutating func next() async throws -> ShellOutput? {
            while waiting.isEmpty {
                guard let part = try await parts.next() else {
                    if head != nil { throw connection.unanswered }
                    return nil
                }
                try take(Array(part.readableBytesView))
            }
            return waiting.removeFirst()
        }

        private mutating func take(_ part: [UInt8]) throws {
            var bytes = part
            if let begun = head {
                head = begun + part
                guard let rest = try connection.rest(after: begun + part) else { return }
                head = nil
                connection.begun.open()
                bytes = rest
            }
            guard !bytes.isEmpty else { return }
            waiting += isOne ? [.standard(bytes)] : stream.pieces(bytes)
        }
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(connection: connection, parts: connection.stream.makeAsyncIterator(), isOne: isOne)
    }
}

/// `POST /containers/{id}/exec`.
struct ExecRequest: Encodable, Sendable {
    var command: [String]
    var environment: [String]
    var hasTerminal: Bool
    let attachInput = true
    let attachOutput = true
    let attachError = true
    enum CodingKeys: String, CodingKey {
        case command = "Cmd"
        case environment = "Env"
        case hasTerminal = "Tty"
        case attachInput = "AttachStdin"
        case attachOutput = "AttachStdout"
        case attachError = "AttachStderr"
    }
}

/// What it answers.
struct ExecMade: Decodable, Sendable {
    var id: String
    enum CodingKeys: String, CodingKey { case id = "Id" }
}

/// `POST /exec/{id}/start`.
struct ExecStart: Encodable, Sendable {
    var hasTerminal: Bool
    let detach = false
    enum CodingKeys: String, CodingKey {
        case hasTerminal = "Tty"
        case detach = "Detach"
    }
}

/// `GET /exec/{id}/json`.
struct ExecDetails: Decodable, Sendable {
    var isRunning: Bool
    var exitCode: Int32?
    /// On the engine's machine.
    var pid: Int32?
    enum CodingKeys: String, CodingKey {
        case isRunning = "Running"
        case exitCode = "ExitCode"
        case pid = "Pid"
    }
}
