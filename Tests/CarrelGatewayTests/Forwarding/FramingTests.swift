import CarrelCore
import CarrelGateway
import Testing

@Suite("Bodies and their ends", .timeLimit(.minutes(1)))
struct FramingTests {
    @Test("Pipelined requests are answered in order")
    func pipelined() async throws {
        let echo = ScriptedServer.answering { ScriptedServer.ok(String($0.prefix { $0 != "\r\n" })) }
        try await GatewayFixture.withGateway(.init(workspace: echo)) { fixture async throws in
            let connection = try await fixture.connect()
            try await connection.send(
                fixture.request("/1") + "\r\n"
                    + fixture.request("/2", method: "POST", headers: "Content-Length: 2\r\n", body: "ab")
                    + fixture.request("/3")
            )
            for (method, number) in [("GET", 1), ("POST", 2), ("GET", 3)] {
                let answer = try await connection.takeMessage()
                #expect(answer.hasSuffix("\(method) \(fixture.path)/\(number) HTTP/1.1"))
            }
            #expect(fixture.workspace.connections == 1)
        }
    }

    @Test("A request split at every byte arrives whole")
    func split() async throws {
        // Among all the other tests, a hundred and sixty sends may take a while.
        let patient = GatewayConfiguration.Limits(headerTimeout: .seconds(300))
        try await GatewayFixture.withGateway(.init(limits: patient)) { fixture async throws in
            let request = fixture.request("/x", method: "POST", headers: "Content-Length: 5\r\n", body: "12345")
            let connection = try await fixture.connect()
            for byte in request.utf8 { try await connection.send([byte]) }
            #expect(try await connection.takeMessage().hasSuffix("hello"))
            #expect(fixture.workspace.requests.first?.hasSuffix("\r\n\r\n12345") == true)
        }
    }

    @Test(
        "A request that could be read two ways is refused, the connection closed, and nothing forwarded",
        arguments: [
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 5\r\nContent-Length: 5\r\n",
            "Transfer-Encoding: xchunked\r\n", "Transfer-Encoding : chunked\r\n", "X: a\r\n b\r\n", "X: a\rb\r\n",
            "X: a\nY: b\r\n", "X: \u{0}\r\n", "Host: other\r\n",
        ]
    )
    func ambiguous(headers: String) async throws {
        try await GatewayFixture.withGateway { fixture async throws in
            let smuggled = "0\r\n\r\n" + fixture.request("/smuggled")
            let answer = try await fixture.exchange(fixture.request(method: "POST", headers: headers, body: smuggled))
            #expect(answer.hasPrefix("HTTP/1.1 400 "))
            #expect(answer.headerValue("connection") == "close")
            #expect(answer.components(of: "HTTP/1.1 ") == 1)
            #expect(fixture.workspace.requests.isEmpty && fixture.hub.requests.isEmpty)
        }
    }

    @Test("Chunks and trailers pass as they are, both ways")
    func chunked() async throws {
        let body = "5;x=y\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"
        let script: ScriptedServer.Script = { server, connection in
            for _ in 0..<2 {
                let head = try await connection.takeHead()
                server.note(head + (try await connection.take(count: body.utf8.count)))
                try await connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n")
                try await connection.send(body)
            }
        }
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            let connection = try await fixture.connect()
            for _ in 0..<2 {
                try await connection.send(
                    fixture.request(method: "POST", headers: "Transfer-Encoding: chunked\r\n", body: body)
                )
                let head = try await connection.takeHead()
                #expect(head.headerValue("transfer-encoding") == "chunked")
                #expect(try await connection.take(count: body.utf8.count) == body)
            }
            #expect(fixture.workspace.requests.allSatisfy { $0.hasSuffix("\r\n\r\n" + body) })
            #expect(fixture.workspace.connections == 1)
        }
    }

    @Test("A broken chunk ends both connections")
    func brokenChunk() async throws {
        let script: ScriptedServer.Script = { server, connection in server.note(await connection.untilEnd()) }
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            let answer = try await fixture.exchange(
                fixture.request(method: "POST", headers: "Transfer-Encoding: chunked\r\n", body: "5\r\nhelloX\r\n")
            )
            #expect(answer.hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test("The answer to HEAD, 204 and 304 have no body, whatever their length says")
    func noBody() async throws {
        let script = ScriptedServer.answering { request in
            let status =
                request.hasPrefix("HEAD") ? "200 OK" : request.contains("/204 ") ? "204 No" : "304 Not Modified"
            return "HTTP/1.1 \(status)\r\nContent-Length: 5\r\n\r\n"
        }
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            let connection = try await fixture.connect()
            for (method, path) in [("HEAD", "/"), ("GET", "/204"), ("GET", "/304"), ("HEAD", "/")] {
                try await connection.send(fixture.request(path, method: method))
                let length = try await connection.takeHead().headerValue("content-length")
                #expect(length == (path == "/204" ? nil : "5"))
            }
            #expect(fixture.workspace.connections == 1)
        }
    }

    @Test("For an old client a body without a length goes on until the connection ends")
    func untilClose() async throws {
        let script: ScriptedServer.Script = { _, connection in
            _ = try await connection.takeHead()
            try await connection.send("HTTP/1.0 200 OK\r\nX: y\r\n\r\npart one, ")
            try await connection.send("part two")
        }
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            let old = fixture.request().replacing("HTTP/1.1", with: "HTTP/1.0")
            let answer = try await fixture.exchange(old)
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.headerValue("connection") == "close")
            #expect(answer.hasSuffix("part one, part two"))
        }
    }

    @Test("Expect: 100-continue, and interim responses, pass")
    func interim() async throws {
        let script: ScriptedServer.Script = { server, connection in
            server.note(try await connection.takeHead())
            try await connection.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
            _ = try await connection.take(count: 5)
            try await connection.send(ScriptedServer.ok())
        }
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            let connection = try await fixture.connect()
            let headers = "Content-Length: 5\r\nExpect: 100-continue\r\n"
            try await connection.send(fixture.request(method: "POST", headers: headers))
            #expect(try await connection.takeHead().hasPrefix("HTTP/1.1 100 "))
            #expect(try await connection.takeHead().headerValue("link") == "</a>")
            try await connection.send("12345")
            #expect(try await connection.takeMessage().hasSuffix("hello"))
            #expect(fixture.workspace.requests[0].headerValue("expect") == "100-continue")
        }
    }

    @Test("An answer before the request's end is passed on, and both connections end")
    func early() async throws {
        let script: ScriptedServer.Script = { server, connection in
            _ = try await connection.takeHead()
            try await connection.send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig")
            _ = await connection.untilEnd()
            server.note("ended")
        }
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            let headers = "Content-Length: 1000\r\n"
            let answer = try await fixture.exchange(fixture.request(method: "POST", headers: headers, body: "first"))
            #expect(answer.hasPrefix("HTTP/1.1 413 "))
            #expect(answer.headerValue("connection") == "close")
            #expect(answer.hasSuffix("big"))
        }
    }

    @Test("HTTP/1.0 is spoken, with and without keep-alive")
    func old() async throws {
        try await GatewayFixture.withGateway { fixture async throws in
            let request = fixture.request().replacing("HTTP/1.1", with: "HTTP/1.0")
            let once = try await fixture.exchange(request)
            #expect(once.headerValue("connection") == "close")
            #expect(once.hasSuffix("hello"))
            let connection = try await fixture.connect()
            for _ in 0..<2 {
                try await connection.send(request.replacing("Host:", with: "Connection: keep-alive\r\nHost:"))
                #expect(try await connection.takeMessage().headerValue("connection") == "keep-alive")
            }
        }
    }

    @Test("Megabytes go up and come down unchanged")
    func large() async throws {
        let size = 8_000_000
        let script: ScriptedServer.Script = { _, connection in
            _ = try await connection.takeHead()
            let body = try await connection.take(count: size)
            try await connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n" + body)
        }
        try await GatewayFixture.withGateway(.init(workspace: script)) { fixture async throws in
            let body = String(repeating: "0123456789abcdef", count: size / 16)
            let connection = try await fixture.connect()
            try await connection.send(fixture.request(method: "PUT", headers: "Content-Length: \(size)\r\n"))
            async let sent: Void = connection.send(body)
            _ = try await connection.takeHead()
            #expect(try await connection.take(count: size) == body)
            try await sent
            let traffic = await fixture.gateway.traffic()
            let counted = try #require(traffic.values.first)
            #expect(counted.bytesIn >= Int64(size) && counted.bytesOut >= Int64(size))
        }
    }
}

extension String {
    /// How often `part` occurs.
    func components(of part: String) -> Int { ranges(of: part).count }
}
