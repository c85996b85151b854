import CarrelCore
import CarrelTesting
import Crypto
import Testing

@testable import CarrelIdentity

@Suite("The session cookie")
struct SessionCookieTests {
    let key = SymmetricKey(data: [UInt8](repeating: 7, count: 32))
    let cookie: SessionCookie

    init() throws {
        cookie = SessionCookie(
            session: try #require(SessionID("s-abcdefghijklmnop")),
            user: try #require(UserID("u-abcdefghijklmnop")),
            issued: Timestamp(milliseconds: 1_767_603_600_000),
            expires: Timestamp(milliseconds: 1_767_646_800_000)
        )
    }

    @Test("What was signed reads back, in characters that a cookie may have")
    func roundTrip() {
        let text = cookie.signed(for: "main\nusers", with: key)
        #expect(SessionCookie.verified(text, for: "main\nusers", with: key) == cookie)
        #expect(text.utf8.count <= SessionCookie.longest)
        #expect(text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) })
    }

    @Test("Changing, dropping or adding any one character makes it nobody's")
    func tampering() {
        let text = Array(cookie.signed(for: "main\nusers", with: key).utf8)
        for index in text.indices {
            for replacement in [UInt8(ascii: "a"), UInt8(ascii: "0"), UInt8(ascii: "."), 0]
            where text[index] != replacement {
                var changed = text
                changed[index] = replacement
                #expect(verify(changed) == nil)
            }
            var shorter = text
            shorter.remove(at: index)
            #expect(verify(shorter) == nil)
            var longer = text
            longer.insert(UInt8(ascii: "A"), at: index)
            #expect(verify(longer) == nil)
        }
        #expect(verify(text + [UInt8(ascii: "A")]) == nil)
    }

    @Test("Another key or another audience signs nothing that counts here")
    func otherKeys() {
        let text = cookie.signed(for: "main\nusers", with: key)
        #expect(SessionCookie.verified(text, for: "main\noperators", with: key) == nil)
        #expect(SessionCookie.verified(text, for: "main\nusers", with: SymmetricKey(size: .bits256)) == nil)
    }

    @Test("Nonsense of any shape is refused", arguments: ["", ".", "1", "......", "1.s-.u-.0.0.", "1.a.b.c.d.e"])
    func nonsense(text: String) {
        #expect(SessionCookie.verified(text, for: "main\nusers", with: key) == nil)
        #expect(SessionCookie.verified(text + String(repeating: "é", count: 5000), for: "", with: key) == nil)
    }

    private func verify(_ bytes: [UInt8]) -> SessionCookie? {
        SessionCookie.verified(String(decoding: bytes, as: UTF8.self), for: "main\nusers", with: key)
    }
}

@Suite("Names of cookies")
struct CookieNamesTests {
    @Test("Listeners of one host and deployments have names of their own; https has the host prefix")
    func names() {
        #expect(
            CookieNames.session(deployment: "main", listener: "users", port: 8080, secure: false)
                == "carrel-main-users-8080"
        )
        #expect(
            CookieNames.session(deployment: "main", listener: "users", port: 443, secure: true)
                == "__Host-carrel-main-users-443"
        )
        #expect(
            CookieNames.visitor(deployment: "main", listener: "users", port: 443, secure: true)
                == "__Host-carrel-main-users-443-visitor"
        )
    }

    @Test("No name of a deployment breaks out of a cookie's name")
    func plain() {
        let name = CookieNames.session(deployment: "a=b; é\r\n", listener: "users", port: 1, secure: false)
        #expect(name == "carrel-a-b-------users-1")
    }
}
