import CarrelCore
import CarrelGateway
import NIOCore
import Synchronization
import Testing

@Suite("How tunnels end", .timeLimit(.minutes(1)))
struct TunnelEndTests {
    private static func close(_ code: UInt16) -> String {
        String(decoding: [0x88, 0x02, UInt8(code >> 8), UInt8(code & 255)] as [UInt8], as: UTF8.self)
    }

    /// Switches, sends `first`, and notes whatever comes until the gateway closes, and that it did.
    private static func speaking(_ first: [UInt8]) -> ScriptedServer.Script {
        { server, connection in
            _ = try await connection.takeHead()
            try await connection.send(TunnelTests.switching)
            if !first.isEmpty { try await connection.send(first) }
            server.note("ended: " + (await connection.untilEnd()))
        }
    }

    private static func open(_ fixture: GatewayFixture, headers: String = TunnelTests.upgrade) async throws
        -> RawConnection
    {
        let connection = try await fixture.connect()
        try await connection.send(fixture.request("/ws", headers: headers))
        #expect(try await connection.takeHead().hasPrefix("HTTP/1.1 101 "))
        return connection
    }

    enum Cause: CaseIterable {
        case withdrawn, revoked, changedOwner

        func happen(to fixture: GatewayFixture) async throws {
            switch self {
            case .withdrawn: await fixture.gateway.withdraw(try #require(WorkspaceID(GatewayFixture.id)))
            case .revoked:
                fixture.who.revoke(.cookie("ada"))
                await fixture.gateway.credentialsChanged()
            case .changedOwner:
                var route = try GatewayFixture.route(.tcp(host: "127.0.0.1", port: 9))
                route.owner = try #require(GatewayFixture.bob)
                await fixture.gateway.publish(route)
            }
        }

        var code: UInt16 { self == .withdrawn ? 1001 : 1008 }
    }

    @Test(
        "Between frames the client gets a close frame and the end, the workspace just the end",
        arguments: Cause.allCases
    )
    func betweenFrames(cause: Cause) async throws {
        let whole: [UInt8] = [0x81, 0x02, 0x68, 0x69]
        try await GatewayFixture.withGateway(.init(workspace: Self.speaking(whole))) { fixture async throws in
            let connection = try await Self.open(fixture)
            _ = try await connection.take(count: 4)
            try await cause.happen(to: fixture)
            #expect(await connection.untilEnd() == Self.close(cause.code))
            while fixture.workspace.requests.isEmpty { await Task.yield() }
            #expect(fixture.workspace.requests == ["ended: "])
        }
    }

    @Test(
        "In the middle of a frame nothing is put in: the connection just ends",
        // Cut in the header, in a long length, before and in the payload, and behind a frame that is not the last.
        arguments: [[0x81], [0x82, 0x7F, 0, 0], [0x81, 0x02], [0x81, 0x02, 0x68], [0x01, 0x01, 0x41, 0x80]] as [[UInt8]]
    )
    func insideFrame(part: [UInt8]) async throws {
        try await GatewayFixture.withGateway(.init(workspace: Self.speaking(part))) { fixture async throws in
            let connection = try await Self.open(fixture)
            let received = try await connection.take { $0.count >= part.count ? part.count : nil }
            #expect(received == String(decoding: part, as: UTF8.self))
            try await Cause.revoked.happen(to: fixture)
            #expect(await connection.untilEnd() == "")
            while fixture.workspace.requests.isEmpty { await Task.yield() }
        }
    }

    @Test("Between the frames of one message a close frame is well-formed and is sent")
    func insideMessage() async throws {
        let fragment: [UInt8] = [0x01, 0x01, 0x41]
        try await GatewayFixture.withGateway(.init(workspace: Self.speaking(fragment))) { fixture async throws in
            let connection = try await Self.open(fixture)
            _ = try await connection.take(count: 3)
            try await Cause.revoked.happen(to: fixture)
            #expect(await connection.untilEnd() == Self.close(1008))
        }
    }

    @Test("Of another protocol nothing is known: the connection just ends")
    func otherProtocol() async throws {
        try await GatewayFixture.withGateway(.init(workspace: Self.speaking([1, 2, 3]))) { fixture async throws in
            let headers = "Connection: Upgrade\r\nUpgrade: something-else/7\r\n"
            let connection = try await Self.open(fixture, headers: headers)
            _ = try await connection.take(count: 3)
            try await Cause.withdrawn.happen(to: fixture)
            #expect(await connection.untilEnd() == "")
        }
    }

    @Test("A client that stopped reading is cut off all the same")
    func stoppedReader() async throws {
        let script: ScriptedServer.Script = { server, connection in
            _ = try await connection.takeHead()
            try await connection.send(TunnelTests.switching)
            let block: [UInt8] = [0x82, 0x7E, 0xFF, 0xFC] + [UInt8](repeating: 7, count: 65_532)
            // Until what lies between takes no more, and then until the gateway ends it.
            do { while true { try await connection.send(block) } } catch { server.note("ended") }
        }
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            let connection = try await fixture.connect()
            try await connection.channel.setOption(.autoRead, value: false).get()
            try await connection.send(fixture.request("/ws", headers: TunnelTests.upgrade))
            // More than a client's first window: what follows lies in the kernel and in the gateway.
            while await fixture.gateway.traffic().values.first?.bytesOut ?? 0 < 500_000 { await Task.yield() }
            try await Cause.revoked.happen(to: fixture)
            while fixture.workspace.requests.isEmpty { await Task.yield() }
            try await connection.channel.setOption(.autoRead, value: true).get()
            _ = await connection.untilEnd()
        }
    }
}
