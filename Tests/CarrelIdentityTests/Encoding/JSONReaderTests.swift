import Testing

@testable import CarrelIdentity

@Suite("JSON from strangers")
struct JSONReaderTests {
    private func read(_ text: String) throws -> JSONValue { try JSONReader.value(Array(text.utf8)) }

    @Test("Every kind of value is read as it was written")
    func values() throws {
        let value = try read(#" {"a": [1, -2.5e3, true, false, null, "x\n\u00e4\ud83d\ude00\/"], "b": {}, "c": []} "#)
        #expect(value["a"] == [1, .number("-2.5e3"), true, false, .null, "x\nä😀/"])
        #expect(value["b"] == [:])
        #expect(value["c"] == [])
    }

    @Test(
        "What is no JSON is refused",
        arguments: [
            "", " ", "{", "}", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "'a'", "01", "1.", ".5", "+1", "1e", "-",
            "tru",
            "nul", "\"a", "\"\\x\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\u{1}\"",
            "1 2", "{} {}", "[1 2]", "NaN", "Infinity", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}",
        ]
    )
    func malformed(text: String) {
        #expect(throws: JSONReader.Malformed.self) { try read(text) }
    }

    @Test("What is nested too deeply, or no UTF-8, is refused")
    func bounds() {
        let deep = String(repeating: "[", count: 30) + String(repeating: "]", count: 30)
        #expect(throws: JSONReader.Malformed.self) { try read(deep) }
        #expect(throws: JSONReader.Malformed.self) { try JSONReader.value([34, 0xff, 34]) }
    }

    @Test(
        "A path leads into nested objects, and names may hold dots",
        arguments: [
            ("realm_access.roles", "r"), ("cognito:groups", "c"), ("https://example.org/groups", "h"),
            ("https://example.org/claims.roles", "n"),
        ]
    )
    func paths(path: String, expected: String) throws {
        let value = try read(
            #"{"realm_access":{"roles":"r"},"cognito:groups":"c","https://example.org/groups":"h","#
                + #""https://example.org/claims":{"roles":"n"}}"#
        )
        #expect(value.value(at: path)?.text == expected)
        #expect(value.value(at: path + ".x") == nil)
        #expect(value.value(at: "x." + path) == nil)
    }
}
