import CarrelCore
import CarrelGateway
import NIOCore
import Synchronization
import Testing

@Suite("Ten thousand routes", .timeLimit(.minutes(2)))
struct ManyRoutesTests {
    private static let letters = Array("abcdefghijklmnopqrstuvwxyz234567")
    private static let changes = 1_000

    private final class Changing: Sendable { let isOver = Atomic(false) }

    /// The id of the route with that number.
    private static func id(_ number: Int) throws -> WorkspaceID {
        let digits = (0..<16).map { letters[number >> (5 * (15 - $0)) & 31] }
        return try #require(WorkspaceID("ws-" + String(digits)))
    }

    private static func route(_ number: Int, at endpoint: Endpoint) throws -> Route {
        var route = try GatewayFixture.route(endpoint)
        route.workspace = try id(number)
        return route
    }

    /// Asks one after the other on one connection; returns how long each took.
    private static func ask(_ fixture: GatewayFixture, _ count: Int) async throws -> [Duration] {
        let connection = try await fixture.connect()
        var taken: [Duration] = []
        for _ in 0..<count {
            let asked = ContinuousClock.now
            try await connection.send(fixture.request())
            let answer = try await connection.takeMessage()
            taken.append(ContinuousClock.now - asked)
            #expect(answer.hasSuffix("hello"))
        }
        await connection.close()
        return taken
    }

    private static func tail(_ times: [Duration]) -> Duration { times.sorted()[times.count * 99 / 100] }

    @Test("1,000 of 10,000 come and go each second and no request fails")
    func changing() async throws {
        try await GatewayFixture.withGateway { fixture async throws in
            let port = try #require(fixture.workspaceAddress.port)
            let endpoint = Endpoint.tcp(host: "127.0.0.1", port: port)
            try await withThrowingDiscardingTaskGroup { tasks in
                for part in 0..<50 {
                    tasks.addTask {
                        for number in (part * 200)..<(part * 200 + 200) {
                            await fixture.gateway.publish(try Self.route(number, at: endpoint))
                        }
                    }
                }
            }
            let before = try await Self.ask(fixture, 500)
            let changing = Changing()
            let during = try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask {
                    defer { changing.isOver.store(true, ordering: .releasing) }
                    // As fast as a hub would: a thousand of each within a second, evenly.
                    let start = ContinuousClock.now
                    for change in 0..<Self.changes {
                        try await Task.sleep(until: start + .milliseconds(change), clock: .continuous)
                        await fixture.gateway.withdraw(try Self.id(change))
                        await fixture.gateway.publish(try Self.route(10_000 + change, at: endpoint))
                    }
                    print("figure: \(Self.changes) routes withdrawn and added in \(ContinuousClock.now - start)")
                }
                var times: [Duration] = []
                while !changing.isOver.load(ordering: .acquiring) { times += try await Self.ask(fixture, 100) }
                try await tasks.waitForAll()
                return times
            }
            print("figure: p99 of \(before.count) requests with 10,000 routes at rest: \(Self.tail(before))")
            print("figure: p99 of \(during.count) while 1,000 a second come and go: \(Self.tail(during))")
            var gone = 0
            var there = 0
            for change in 0..<Self.changes {
                if await fixture.gateway.traffic(of: try Self.id(change)) == nil { gone += 1 }
                if await fixture.gateway.traffic(of: try Self.id(10_000 + change)) != nil { there += 1 }
            }
            #expect((gone, there) == (Self.changes, Self.changes))
        }
    }

    @Test("Withdrawing one closes its own tunnels and nobody else's, however many are open")
    func ownTunnels() async throws {
        try await GatewayFixture.withGateway(.init(workspace: TunnelTests.echo)) { fixture async throws in
            let port = try #require(fixture.workspaceAddress.port)
            let endpoint = Endpoint.tcp(host: "127.0.0.1", port: port)
            var tunnels: [(WorkspaceID, RawConnection)] = []
            for number in 0..<8 {
                let route = try Self.route(number, at: endpoint)
                await fixture.gateway.publish(route)
                for _ in 0..<4 {
                    let connection = try await fixture.connect()
                    let head = "GET /w/\(route.workspace)/ws HTTP/1.1\r\nHost: x\r\nCookie: carrel=ada\r\n"
                    try await connection.send(head + TunnelTests.upgrade + "\r\n")
                    #expect(try await connection.takeHead().hasPrefix("HTTP/1.1 101 "))
                    tunnels.append((route.workspace, connection))
                }
            }
            // Some end by themselves first, out of order.
            for index in [0, 5, 10, 15] { await tunnels[index].1.close() }
            while await fixture.gateway.traffic().values.reduce(0, { $0 + $1.open }) != 28 { await Task.yield() }
            let gone = try Self.id(3)
            await fixture.gateway.withdraw(gone)
            for (index, (workspace, connection)) in tunnels.enumerated() where ![0, 5, 10, 15].contains(index) {
                if workspace == gone {
                    _ = await connection.untilEnd()
                } else {
                    try await connection.send("still here")
                    #expect(try await connection.take(count: 10) == "still here")
                }
            }
            #expect(await fixture.gateway.traffic(of: gone) == nil)
            #expect(await fixture.gateway.traffic(of: try Self.id(4))?.open == 4)
        }
    }
}
