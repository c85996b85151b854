import CarrelCore
import Testing

@testable import CarrelIdentity

@Suite("Password hashes")
struct PasswordHashTests {
    @Test("The last but one vector of RFC 7914 section 12")
    func vector() throws {
        let stored = try PasswordHash(
            password: Array("pleaseletmein".utf8),
            salt: Array("SodiumChloride".utf8),
            cost: ScryptCost(logRounds: 14)
        )
        // The vector has 64 bytes; 32 of them are asked for here, and scrypt's output begins the same.
        #expect(stored.hash.hex == "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2")
    }

    @Test("Written and read again it fits the password, and no other")
    func roundTrip() throws {
        let cost = ScryptCost(logRounds: 5)
        let stored = try PasswordHash(password: Array("correct horse".utf8), salt: Array(0..<16), cost: cost)
        #expect(stored.description.hasPrefix("$scrypt$ln=5,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$"))
        let read = try #require(PasswordHash(stored.description))
        #expect(read == stored)
        #expect(try read.matches(Array("correct horse".utf8)))
        #expect(try !read.matches(Array("correct horsf".utf8)))
        #expect(throws: PasswordHash.EmptyPassword.self) { _ = try read.matches([]) }
    }

    @Test(
        "Foreign, broken and unbearably costly hashes are none",
        arguments: [
            "", "$", "plain", "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$AAAA", "$scrypt$ln=15,r=8,p=1$$",
            "$scrypt$ln=20,r=32,p=16$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODw",
            "$scrypt$ln=99,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODw",
            "$scrypt$ln=15,r=0,p=1$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODw",
            "$scrypt$r=8,ln=15,p=1$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODw",
            "$scrypt$ln=15,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$AAEC",
        ]
    )
    func refuses(text: String) { #expect(PasswordHash(text) == nil) }

    @Test("The standard cost is 32 MiB, and may be read back")
    func standard() {
        #expect(128 * ScryptCost.standard.blockSize << ScryptCost.standard.logRounds == 32 << 20)
        #expect(ScryptCost.standard.isBearable)
    }
}

@Suite("Rules for passwords")
struct PasswordRulesTests {
    @Test(
        "Eight characters are enough, whatever the script",
        arguments: ["abcdefgh", "密码密码密码密码", "passe-partout à toi"]
    )
    func accepts(password: String) throws { try PasswordRules.check(password, for: "ada") }

    @Test(
        "Short, huge, unprintable ones and the name itself are refused",
        arguments: [
            "", "1234567", String(repeating: "x", count: 1025), "tab\tseparated", "nul\u{0}inside", "AdaLovelace",
        ]
    )
    func refuses(password: String) {
        #expect(throws: CarrelError.self) { try PasswordRules.check(password, for: "adalovelace") }
    }

    @Test("Composed and decomposed characters are the same bytes")
    func normalizes() {
        #expect(PasswordRules.normalized("e\u{301}") == PasswordRules.normalized("\u{E9}"))
        #expect(PasswordRules.normalized("\u{E9}") == [0xc3, 0xa9])
        #expect(PasswordRules.normalized("") == nil)
        #expect(PasswordRules.normalized(String(repeating: "x", count: 1024))?.count == 1024)
    }
}
