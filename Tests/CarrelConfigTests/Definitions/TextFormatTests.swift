import CarrelCore
import Testing

@testable import CarrelConfig

@Suite("How values are written")
struct TextFormatTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let name: String
        let format: TextFormat
        let good: [String]
        let bad: [String]
        var testDescription: String { name }
    }

    static let examples: [Example] = [
        Example(
            name: "duration",
            format: .duration(from: .seconds(1)),
            good: ["1s", "30m", "1h30m", "7d", "90s", "1000ms"],
            bad: ["", "30", "m", "30 m", "-1s", "0s", "1w", "1.5h", "999999999999999999999d", "367d", "٣s"]
        ),
        Example(
            name: "bytes",
            format: .bytes,
            good: ["4Gi", "512Mi", "1048576", "2M", "2T"],
            bad: ["", "4", "4GB", "4gi", "-1Gi", "1.5Gi", "Gi", "99999999Ti", "99999999999999999999", "4 Gi"]
        ),
        Example(
            name: "core share",
            format: .coreShare,
            good: ["5%", "0.5%", "150%", "none"],
            bad: ["", "5", "%", "0%", "-5%", "5 %", ".%", "1e2%", "nan%", "5.%"]
        ),
        Example(
            name: "bind",
            format: .bind,
            good: ["127.0.0.1:8080", "[::1]:8080", "localhost:0", "0.0.0.0:65535", "[::]:80"],
            bad: ["", "8080", ":8080", "::1:8080", "127.0.0.1", "127.0.0.1:65536", "[::g]:1", "a b:1", "host:", "x:-1"]
        ),
        Example(
            name: "network",
            format: .cidr,
            good: ["10.0.0.0/8", "192.0.2.7", "fd00::/8", "::1", "0.0.0.0/0"],
            bad: ["", "10.0.0/8", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/8/8", "example.org", "10.0.0.0/-1"]
        ),
        Example(
            name: "networks' block",
            format: .subnets,
            good: ["10.213.0.0/16", "192.168.0.0/29", "10.0.0.0/8"],
            bad: [
                "", "10.213.0.0", "10.213.0.0/30", "10.213.0.0/32", "0.0.0.0/0", "10.0.0/8", "fd00::/64", "10.0.0.0/-1",
            ]
        ),
        Example(
            name: "origin",
            format: .origin,
            good: ["https://work.example.org", "http://127.0.0.1:8080/", "https://[::1]:1", "http://localhost"],
            bad: [
                "", "work.example.org", "ftp://x", "https://", "https://x/y", "https://x?y", "https://a@b",
                "https://x:0", "https://x y",
            ]
        ),
        Example(
            name: "url",
            format: .url,
            good: ["https://gitlab.example.org", "https://k/realms/a", "http://127.0.0.1:1/"],
            bad: ["", "gitlab.example.org", "https://", "https://x?y=1", "https://x#y", "https:///x", "https://x /y"]
        ),
        Example(
            name: "domain",
            format: .domain,
            good: ["work-content.example.org", "localhost"],
            bad: ["", "10.0.0.1", "-a.b", "a..b", "a_b", "*.example.org", "https://a"]
        ),
        Example(
            name: "postgres",
            format: .postgresURL,
            good: ["postgres://u@h/d", "postgresql://h"],
            bad: ["", "mysql://h", "postgres://", "h/d", "postgres:// h"]
        ),
        Example(
            name: "label",
            format: .label,
            good: ["a", "0-a", "jupyter"],
            bad: ["", "-a", "A", "a_b", "a.b", String(repeating: "a", count: 41)]
        ),
        Example(
            name: "header name",
            format: .headerName,
            good: ["Authorization", "X-User", "x_y!"],
            bad: [
                "", "a b", "a:b", "Ä", "Host", "cookie", "Connection", "TE", "Transfer-Encoding", "upgrade",
                "Content-Length",
                "X-Forwarded-For", "x-carrel-user", "Forwarded",
            ]
        ),
        Example(
            name: "header value",
            format: .headerValue,
            good: ["token {{workspace.token}}", "a", ""],
            bad: ["a\r\nX: y", "a\n", " a", "a ", "\0", "{{nobody}}"]
        ),
        Example(
            name: "request path",
            format: .requestPath,
            good: ["/", "/api/status", "/a?b=c"],
            bad: ["", "api", "/a b", "/a#b", "/ä", "/a\n"]
        ),
        Example(name: "ignored path", format: .ignoredPath, good: ["/api"], bad: ["api", "/a?b", "/a b"]),
        Example(
            name: "mount",
            format: .mount,
            good: ["/home/member", "/home", "/srv/x"],
            bad: ["", "/", "home", "/home/", "/home/../etc", "/etc", "/usr", "/proc/x", "/dev/shm", "/a\nb"]
        ),
        Example(
            name: "member",
            format: .memberName,
            good: ["company:ada@example.org", "u-abcdefghij234567", "here:ada"],
            bad: ["", "ada@example.org", ":ada", "company:", "u-short", "Company:ada", "a b:c"]
        ),
        Example(
            name: "group",
            format: .groupName,
            good: ["company:data-science"],
            bad: ["", "staff", "company:", "A:b"]
        ),
        Example(
            name: "uids",
            format: .uids,
            good: ["60001-64999", "1000-1001"],
            bad: [
                "", "5", "0-10", "999-2000", "3000-2000", "1000-1000", "1000-4294967295", "1000-", "-1",
                "1000-2000-3000",
            ]
        ),
        Example(
            name: "environment name",
            format: .environmentName,
            good: ["A", "_a1"],
            bad: ["", "1A", "A-B", "A=B", "Ä"]
        ),
        Example(name: "label key", format: .labelKey, good: ["purpose", "a.b/c"], bad: ["", "a b", "org.carrel.app"]),
        Example(
            name: "member path",
            format: .memberPath,
            good: ["a", "kernel.execution_state"],
            bad: ["", ".a", "a..b"]
        ),
    ]

    @Test("Good ones are read and bad ones are not", arguments: examples)
    func reads(example: Example) {
        for text in example.good {
            guard case .value = example.format.read(text) else {
                Issue.record("\(quoted(text)) is refused")
                continue
            }
        }
        for text in example.bad {
            guard case .wrong(let why) = example.format.read(text) else {
                Issue.record("\(quoted(text)) is accepted")
                continue
            }
            #expect(!why.isEmpty)
        }
    }

    @Test("The schema's pattern accepts whatever the parser accepts", arguments: examples)
    func patterns(example: Example) throws {
        guard let pattern = example.format.pattern else { return }
        let expression = try Regex(pattern)
        for text in example.good + example.bad {
            guard case .value = example.format.read(text) else { continue }
            #expect(text.firstMatch(of: expression) != nil, "\(quoted(text))")
        }
    }

    @Test("Quantities come out in the units of the domain")
    func quantities() {
        func read(_ format: TextFormat, _ text: String) -> Content? {
            guard case .value(let content) = format.read(text) else { return nil }
            return content
        }
        if case .bytes(let bytes)? = read(.bytes, "4Gi") { #expect(bytes == 4 << 30) } else { Issue.record("4Gi") }
        if case .bytes(let bytes)? = read(.bytes, "2G") { #expect(bytes == 2_000_000_000) } else { Issue.record("2G") }
        if case .fraction(let share)? = read(.coreShare, "150%") { #expect(share == 1.5) } else { Issue.record("150%") }
        if case .fraction(let share)? = read(.coreShare, "none") { #expect(share == nil) } else { Issue.record("none") }
        if case .text(let block)? = read(.cidr, "fd00::1") {
            #expect(block == "fd00::1/128")
        } else {
            Issue.record("fd00::1")
        }
        if case .text(let origin)? = read(.origin, "http://a:1/") {
            #expect(origin == "http://a:1")
        } else {
            Issue.record("a:1")
        }
    }
}
