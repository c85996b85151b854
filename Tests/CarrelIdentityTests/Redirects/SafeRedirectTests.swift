import Testing

@testable import CarrelIdentity

@Suite("Safe redirects")
struct SafeRedirectTests {
    @Test(
        "A path on this host is kept as it is",
        arguments: [
            "/", "/open/jupyter", "/open/jupyter/lab/tree/a%20b.ipynb?x=//y#z", "/w/ws-a/", "/a...b/.c", "/a?..",
            "/%2F",
        ]
    )
    func keeps(path: String) { #expect(SafeRedirect.path(path) == path) }

    @Test(
        "Whatever a browser may read as another host, and whatever splits a header, is refused",
        arguments: [
            "", "open", "//evil.example", "///evil.example", "/\\evil.example", "\\/evil.example", "/a\\..\\b",
            "https://evil.example", "javascript:alert(1)", " /a", "/a\r\nSet-Cookie: x=1", "/a\tb", "/a\u{0}",
            "/\u{7f}",
            "/a//b", "/a/..//evil.example", "/..", "/a/../b", "/.", "/a/.", "/%2e%2e/b", "/.%2E/b", "/%2E/b",
            "/\t/evil.example",
            "?a", "#a", "/" + String(repeating: "a", count: 2048), "/" + String(repeating: "é", count: 400),
        ]
    )
    func refuses(text: String) { #expect(SafeRedirect.path(text) == nil) }

    @Test("What a header can't carry comes back encoded, and encoding is not done twice")
    func encodes() {
        #expect(SafeRedirect.path("/open/jupyter/é a\"<b>") == "/open/jupyter/%C3%A9%20a%22%3Cb%3E")
        #expect(SafeRedirect.path("/%C3%A9") == "/%C3%A9")
    }
}
