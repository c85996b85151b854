#if os(Linux)
    import CarrelCore
    import CarrelGateway
    import Foundation
    import NIOCore
    import Testing

    /// Looks at the kernel's table of connections (proc_net_tcp(5)): column 6 tells the timer that runs.
    @Suite("Finding peers that are gone", .timeLimit(.minutes(1)))
    struct KeepAliveTests {
        /// Whether the keep-alive timer runs for the connection from `port` to `peer`.
        private func isWatched(from port: Int, to peer: Int) throws -> Bool {
            let table = try String(contentsOfFile: "/proc/net/tcp", encoding: .utf8)
            func hex(_ port: Int) -> String { ":" + String(format: "%04X", port) }
            return table.split(separator: "\n").contains { line in
                let words = line.split(separator: " ", omittingEmptySubsequences: true)
                return words.count > 5 && words[1].hasSuffix(hex(port)) && words[2].hasSuffix(hex(peer))
                    && words[5].hasPrefix("02:")
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
                let table = try String(contentsOfFile: "/proc/net/tcp", encoding: .utf8)
                let toWorkspace = table.split(separator: "\n").filter { line in
                    let words = line.split(separator: " ", omittingEmptySubsequences: true)
                    return words.count > 5 && words[2].hasSuffix(":" + String(format: "%04X", workspace))
                }
                #expect(toWorkspace.count == 1)
                #expect(toWorkspace.allSatisfy { $0.split(separator: " ")[5].hasPrefix("02:") })
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
