import CarrelCore
import CarrelTesting
import Testing

@Suite("Members")
struct UserTests {
    private static func ada(verified: Bool = true) throws -> User {
        let identity = Identity(
            provider: "company",
            subject: "1",
            name: "ada",
            email: "ada@example.org",
            emailIsVerified: verified
        )
        return User(
            id: try #require(UserID("u-abcdefghijklmnop")),
            name: "Ada",
            identities: [identity],
            groups: ["company:science"],
            storageUID: 70_001,
            createdAt: Timestamp(milliseconds: 0)
        )
    }

    @Test("A member is named by id, or by provider and name; a bare name or another provider's names nobody")
    func named() throws {
        let ada = try Self.ada()
        #expect(ada.isNamed("u-abcdefghijklmnop"))
        #expect(ada.isNamed("company:ada"))
        #expect(ada.isNamed("company:ada@example.org"))
        for text in ["ada", "Ada", "local:ada", "ada@example.org", "company:1", "company:", ""] {
            #expect(!ada.isNamed(text), "\(text)")
        }
    }

    @Test("An e-mail that the provider did not verify names nobody")
    func unverified() throws {
        #expect(try !Self.ada(verified: false).isNamed("company:ada@example.org"))
    }

    @Test("An app opens to those that its rule names, and to everybody without a rule, but never to the disabled")
    func access() throws {
        var ada = try Self.ada()
        var app = App(id: try #require(AppID("lab")), title: "Lab", engine: try #require(EngineName("local")))
        #expect(app.admits(ada))
        app.access = AccessRule(groups: ["company:science"])
        #expect(app.admits(ada))
        app.access = AccessRule(users: ["company:ada"])
        #expect(app.admits(ada))
        app.access = AccessRule(users: ["local:ada"], groups: ["local:science"])
        #expect(!app.admits(ada))
        app.access = AccessRule()
        #expect(!app.admits(ada))
        app.access = nil
        ada.isDisabled = true
        #expect(!app.admits(ada))
    }
}
