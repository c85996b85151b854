public import CarrelCore
import EngineHost

extension DockerEngine: LogReading {
    public func tail(_ workspace: WorkspaceID, lines: Int) async throws -> String {
        do { return try await lastLines(lines, of: ContainerLabels.name(workspace)) } catch let fault as DockerFault {
            throw Self.told(fault)
        }
    }

    func lastLines(_ lines: Int, of container: String) async throws -> String {
        let query = ["stdout": "1", "stderr": "1", "tail": "\(max(0, lines))"]
        let call = "/containers/\(container)/logs"
        let client = client
        do {
            return try await Deadline.within(settings.patience) {
                var stream = RawStream()
                var bytes: [UInt8] = []
                for try await part in try await client.stream(get: call, query) { bytes += stream.feed(part) }
                return LogText.last(lines, of: bytes)
            }
        } catch let passed as Deadline.Passed {
            throw DockerFault(status: 0, message: passed.description, call: "GET \(call)")
        }
    }

    public func follow(_ workspace: WorkspaceID) async throws -> AsyncThrowingStream<String, any Error> {
        let query = ["stdout": "1", "stderr": "1", "tail": "0", "follow": "1"]
        let body: DockerStream
        do {
            body = try await client.stream(get: "/containers/\(ContainerLabels.name(workspace))/logs", query)
        } catch let fault as DockerFault {
            throw Self.told(fault)
        }
        return AsyncThrowingStream { continuation in
            // Its parent is the reader: it is cancelled when the stream that it fills is dropped.
            let task = Task {
                var stream = RawStream()
                var rest: [UInt8] = []
                do {
                    for try await part in body {
                        rest += stream.feed(part)
                        let whole = LogText.wholeCharacters(rest)
                        if whole > 0 { continuation.yield(String(decoding: rest[..<whole], as: UTF8.self)) }
                        rest.removeFirst(whole)
                    }
                    if !rest.isEmpty { continuation.yield(String(decoding: rest, as: UTF8.self)) }
                    continuation.finish()
                } catch { continuation.finish(throwing: error) }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    private static func told(_ fault: DockerFault) -> CarrelError {
        fault.isMissing
            ? CarrelError(.notFound, "There is no such workspace on this engine.")
            : fault.told("The log can't be read.")
    }
}
