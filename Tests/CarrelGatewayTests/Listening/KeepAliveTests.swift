#if os(Linux)
    import CarrelCore
    import CarrelGateway
    import Foundation
    import NIOCore
    import Testing

    /// Looks at the kernel's table of connections (proc_net_tcp(5)): column 6 tells the timer that runs.
    @Suite("Finding peers that are gone", .timeLimit(.minutes(1)))
    struct KeepAliveTests {
        /// Read to its end: the kernel says that the file is empty.
        private func connections() throws -> [[Substring]] {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/net/tcp"))
            defer { try? file.close() }
            let table = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
            return table.split(separator: "\n").map { $0.split(separator: " ") }.filter { $0.count > 5 }
        }

        private func hex(_ port: Int) -> String { ":" + String(format: "%04X", port) }

        /// Whether the keep-alive timer runs for the connection from `port` to `peer`.
        private func isWatched(from port: Int, to peer: Int) throws -> Bool {
            try connections().contains {
                $0[1].hasSuffix(hex(port)) && $0[2].hasSuffix(hex(peer)) && $0[5].hasPrefix("02:")
            }
        }

        @Test("The kernel asks clients and workspaces whether they are still there")
        func bothSides() async throws {
            try await GatewayFixture.withGateway(.init(workspace: TunnelTests.echo)) { fixture async throws in
                let connection = try await fixture.connect()
                try await connection.send(fixture.request("/ws", headers: TunnelTests.upgrade))
                _ = try await connection.takeHead()
                let gateway = try #require(fixture.address.port)
                let client = try #require(connection.channel.localAddress?.port)
                #expect(try isWatched(from: gateway, to: client))
                // The gateway's own port towards the workspace is the client of that connection.
                let workspace = try #require(fixture.workspaceAddress.port)
                // Established (01): ones of before that had the same port may still be waiting for their end.
                let toWorkspace = try connections().filter { $0[2].hasSuffix(hex(workspace)) && $0[3] == "01" }
                #expect(!toWorkspace.isEmpty)
                #expect(toWorkspace.allSatisfy { $0[5].hasPrefix("02:") })
            }
        }

        @Test("Times that no kernel takes are brought into its range")
        func extremes() async throws {
            let keepAlive = KeepAlive(idle: .seconds(1_000_000), interval: .milliseconds(1), probes: 100_000)
            let setting = GatewayFixture.Setting(limits: .init(keepAlive: keepAlive), workspace: TunnelTests.echo)
            try await GatewayFixture.withGateway(setting) { fixture async throws in
                let connection = try await fixture.connect()
                try await connection.send(fixture.request("/ws", headers: TunnelTests.upgrade))
                #expect(try await connection.takeHead().hasPrefix("HTTP/1.1 101 "))
            }
        }
    }
#endif
