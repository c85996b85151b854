import CarrelCore
import CarrelGateway
import Foundation
import Logging
import NIOCore
import NIOPosix

/// `bench-gateway UPSTREAM-PORT ROUTES SESSION`: a gateway on one event loop, all of whose routes lead to one upstream
/// and belong to whoever has the session cookie. A hub could not change a thousand workspaces a second: here routes are
/// published and withdrawn as the hub does it, without workspaces behind them.
///
/// Prints the port it listens on. Then, for each line of input: `change N` begins to withdraw N routes a second and to
/// publish as many others; `rest` ends that and prints how many of each it were, and the seconds that it took.
@main
struct BenchGateway {
    static func main() async throws {
        let words = CommandLine.arguments
        guard words.count == 4, let port = Int(words[1]), let count = Int(words[2]) else {
            FileHandle.standardError.write(Data("usage: bench-gateway UPSTREAM-PORT ROUTES SESSION\n".utf8))
            exit(2)
        }
        let routes = try Routes(upstream: port)
        let gateway = try Self.gateway(session: words[3], owner: routes.owner)
        for number in 0..<count { await gateway.publish(try routes.route(number)) }
        let addresses = try await gateway.start()
        Self.say("\(addresses["users"]?.port ?? 0)")
        var changing: Task<(count: Int, seconds: Double), any Error>?
        var gone = 0
        for await line in Self.lines() {
            let words = line.split(separator: " ")
            if words.first == "change", let rate = words.last.flatMap({ Int($0) }) {
                // Unstructured: the next line ends it, or the end of this process.
                changing = Task { [gone] in
                    try await Self.change(gateway, routes, count: count, gone: gone, rate: rate)
                }
            } else {
                changing?.cancel()
                let done = try await changing?.value ?? (count: 0, seconds: 0)
                changing = nil
                gone += done.count
                Self.say("\(done.count) \(done.seconds)")
            }
        }
    }

    private static func gateway(session: String, owner: UserID) throws -> Gateway {
        guard let id = SessionID("s-aaaaaaaaaaaaaaaa") else {
            throw CarrelError(.internal, "The session's id is none.")
        }
        let member = Principal(user: owner, credential: .session(id), expiresAt: SystemClock().now() + .seconds(86_400))
        let listener = GatewayConfiguration.Listener(
            name: "users",
            host: "127.0.0.1",
            port: 0,
            publicOrigin: nil,
            hubSocket: "/nonexistent",
            servesWorkspaces: true,
            sessionCookie: "session"
        )
        return Gateway(
            configuration: GatewayConfiguration(listeners: [listener]),
            questions: GatewayQuestions(
                authorize: { $0 == .cookie(session) ? member : nil },
                resolve: { _ in false }
            ),
            logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() },
            group: MultiThreadedEventLoopGroup(numberOfThreads: 1)
        )
    }

    /// Evenly, in the order in which they came: number 0 stays, for it is asked for, and of the others those before
    /// `gone` went already. Until cancelled.
    private static func change(
        _ gateway: Gateway,
        _ routes: Routes,
        count: Int,
        gone: Int,
        rate: Int
    ) async throws -> (count: Int, seconds: Double) {
        let start = ContinuousClock.now
        var done = 0
        while true {
            let due = start + .microseconds(done * 1_000_000 / rate)
            do { try await Task.sleep(until: due, clock: .continuous) } catch { break }
            await gateway.withdraw(try routes.route(1 + gone + done).workspace)
            await gateway.publish(try routes.route(count + gone + done))
            done += 1
        }
        return (done, (ContinuousClock.now - start) / .seconds(1))
    }

    private static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

    /// Of the input. A thread of its own waits for them, until it ends.
    private static func lines() -> AsyncStream<String> {
        let (stream, continuation) = AsyncStream.makeStream(of: String.self)
        Thread.detachNewThread {
            while let line = readLine() { continuation.yield(line) }
            continuation.finish()
        }
        return stream
    }
}
