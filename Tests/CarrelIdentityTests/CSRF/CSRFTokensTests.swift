import CarrelCore
import CarrelTesting
import Testing

@testable import CarrelIdentity

@Suite("CSRF tokens")
struct CSRFTokensTests {
    @Test("A token is good for its binding and no other, and looks different each time")
    func binding() async throws {
        let signIn = try await SignInFixture().signIn
        let first = signIn.csrfToken(for: "session s-a")
        let second = signIn.csrfToken(for: "session s-a")
        #expect(first != second)
        #expect(signIn.isCSRFToken(first, for: "session s-a"))
        #expect(signIn.isCSRFToken(second, for: "session s-a"))
        #expect(!signIn.isCSRFToken(first, for: "session s-b"))
        #expect(!signIn.isCSRFToken(first, for: ""))
    }

    @Test("The plain form counts, too; a half, a double or a changed one doesn't")
    func forms() async throws {
        let signIn = try await SignInFixture().signIn
        let plain = CSRFTokens(key: signIn.keys.csrf).plain(for: "x")
        #expect(signIn.isCSRFToken(plain, for: "x"))
        for token in ["", String(plain.dropLast()), plain + "A", plain + plain, String(plain.reversed()), "é"] {
            #expect(!signIn.isCSRFToken(token, for: "x"))
        }
        let masked = Array(signIn.csrfToken(for: "x").utf8)
        for index in masked.indices {
            var changed = masked
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "Q") : UInt8(ascii: "A")
            #expect(!signIn.isCSRFToken(String(decoding: changed, as: UTF8.self), for: "x"))
        }
    }

    @Test("A visitor's cookie can't ask for a token of a session")
    func kinds() async throws {
        let signIn = try await SignInFixture().signIn
        let id = try #require(SessionID("s-abcdefghijklmnop"))
        let token = signIn.csrfToken(for: CSRFBinding.visitor(id.description).text)
        #expect(!signIn.isCSRFToken(token, for: CSRFBinding.session(id).text))
        #expect(signIn.isCSRFToken(token, for: CSRFBinding.visitor(id.description).text))
    }

    @Test("A key for one purpose signs nothing for another")
    func keysDiffer() throws {
        let keys = try #require(SigningKeys(secret: [UInt8](repeating: 9, count: 32)))
        #expect(keys.cookies != keys.csrf)
        #expect(SigningKeys(secret: [UInt8](repeating: 9, count: 31)) == nil)
        #expect(SigningKeys(secret: []) == nil)
    }
}
