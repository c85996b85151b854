import CarrelCore
import CarrelTesting
import Synchronization
import Testing

@testable import CarrelIdentity

/// An OAuth 2 provider and its API: what each address answers to a good token.
final class ScriptedAPI: ProviderHTTP {
    struct State: Sendable {
        var answers: [String: JSONValue] = [:]
        var links: [String: String] = [:]
        var statuses: [String: Int] = [:]
        /// What the token endpoint answers.
        var token: JSONValue = ["access_token": "canary-access", "token_type": "bearer"]
        var forms: [[String: String]] = []
        var urls: [String] = []
    }

    let tokenEndpoint: String
    let state: Mutex<State>

    init(tokenEndpoint: String, _ answers: [String: JSONValue]) {
        self.tokenEndpoint = tokenEndpoint
        state = Mutex(State(answers: answers))
    }

    func send(_ request: ProviderRequest) async throws(ProviderFault) -> ProviderResponse {
        state.withLock { state in
            state.urls.append(request.url)
            if request.url == tokenEndpoint {
                state.forms.append(ScriptedProvider.fields(request.form ?? ""))
                return ScriptedProvider.json(state.token)
            }
            guard request.headers.contains(where: { $0.name == "Authorization" && $0.value == "Bearer canary-access" })
            else { return ProviderResponse(status: 401) }
            if let status = state.statuses[request.url] { return ProviderResponse(status: status) }
            guard let answer = state.answers[request.url] else { return ProviderResponse(status: 404) }
            var response = ScriptedProvider.json(answer)
            response.link = state.links[request.url]
            return response
        }
    }
}

@Suite("Providers without ID tokens, against what each documents")
struct OAuthProviderTests {
    static let github: [String: JSONValue] = [
        // https://docs.github.com/en/rest/users/users, …/emails, …/orgs/orgs, …/teams/teams
        "https://api.github.com/user": [
            "login": "octocat", "id": 583231, "node_id": "MDQ6VXNlcjU4MzIzMQ==", "type": "User", "name": "Mona Lisa",
            "email": "shown@example.net", "two_factor_authentication": true,
        ],
        "https://api.github.com/user/emails?per_page=100": [
            ["email": "old@example.org", "verified": true, "primary": false, "visibility": .null],
            ["email": "octocat@example.org", "verified": true, "primary": true, "visibility": "private"],
        ],
        "https://api.github.com/user/orgs?per_page=100": [["login": "acme", "id": 1]],
        "https://api.github.com/user/orgs?per_page=100&page=2": [["login": "tools", "id": 2]],
        "https://api.github.com/user/teams?per_page=100": [
            ["id": 1, "name": "Data Science", "slug": "data-science", "organization": ["login": "acme", "id": 1]]
        ],
    ]

    private func enter(
        _ kind: String,
        _ api: ScriptedAPI,
        _ change: (inout RemoteProvider) -> Void = { _ in }
    ) async throws -> (ProviderFixture, SignedIn, String) {
        var remote = RemoteProvider(clientID: "carrel", clientSecret: Secret("canary-client-secret"))
        change(&remote)
        let fixture = try await ProviderFixture(kind: kind, remote: remote, http: api)
        let address = try await fixture.begin()
        let state = ScriptedProvider.fields(address.split(separator: "?", maxSplits: 1).last ?? "")["state"]
        let answer = AuthorizationAnswer(
            code: "canary-code",
            state: state,
            issuer: nil,
            error: nil,
            errorDescription: nil
        )
        return (fixture, try await fixture.finish(answer).0, address)
    }

    private func githubAPI() -> ScriptedAPI {
        let api = ScriptedAPI(tokenEndpoint: "https://github.com/login/oauth/access_token", Self.github)
        api.state.withLock {
            $0.links["https://api.github.com/user/orgs?per_page=100"] =
                "<https://api.github.com/user/orgs?per_page=100&page=2>; rel=\"next\", "
                + "<https://api.github.com/user/orgs?per_page=100&page=2>; rel=\"last\""
        }
        return api
    }

    @Test("GitHub: the numeric id, the verified primary address, organisations on every page, teams")
    func github() async throws {
        let api = githubAPI()
        let (_, signedIn, address) = try await enter("github", api)
        #expect(address.hasPrefix("https://github.com/login/oauth/authorize?response_type=code&client_id=carrel"))
        #expect(address.contains("scope=read%3Auser%20user%3Aemail%20read%3Aorg"))
        let identity = try #require(signedIn.user.identities.first)
        #expect((identity.subject, identity.name) == ("583231", "octocat"))
        #expect((identity.email, identity.emailIsVerified) == ("octocat@example.org", true))
        #expect(signedIn.user.name == "Mona Lisa")
        #expect(signedIn.user.groups == ["company:acme", "company:tools", "company:acme/data-science"])
        let form = try #require(api.state.withLock { $0.forms.first })
        #expect(form["client_secret"] == "canary-client-secret")
        #expect(form["code_verifier"]?.utf8.count == 43)
    }

    @Test("GitHub: an unverified primary address is none")
    func githubUnverified() async throws {
        let api = githubAPI()
        api.state.withLock {
            $0.answers["https://api.github.com/user/emails?per_page=100"] = [
                ["email": "octocat@example.org", "verified": false, "primary": true]
            ]
        }
        let (_, signedIn, _) = try await enter("github", api)
        #expect(signedIn.user.email == nil)
    }

    @Test("GitHub: the token is sent nowhere but to the API, whatever a page says")
    func githubForeignPage() async throws {
        let api = githubAPI()
        api.state.withLock {
            $0.links["https://api.github.com/user/orgs?per_page=100"] = "<https://evil.example/user/orgs>; rel=\"next\""
        }
        _ = try await enter("github", api)
        #expect(api.state.withLock { state in !state.urls.contains { $0.contains("evil") } })
    }

    @Test("GitHub: errors come with 200")
    func githubError() async throws {
        let api = githubAPI()
        api.state.withLock {
            $0.token = [
                "error": "bad_verification_code", "error_description": "The code passed is incorrect or expired.",
            ]
        }
        do {
            _ = try await enter("github", api)
            Issue.record("somebody signed in")
        } catch let error as CarrelError { #expect(error.code == .unauthenticated) }
    }

    @Test(
        "GitHub at home and at ghe.com has its API where it is documented",
        arguments: [
            ("https://github.example.org", "https://github.example.org/api/v3/user"),
            ("https://acme.ghe.com", "https://api.acme.ghe.com/user"),
        ]
    )
    func githubElsewhere(site: String, user: String) async throws {
        var answers: [String: JSONValue] = [:]
        for (url, answer) in Self.github {
            answers[url.replacing("https://api.github.com/user", with: user)] = answer
        }
        let api = ScriptedAPI(tokenEndpoint: "\(site)/login/oauth/access_token", answers)
        let (_, signedIn, address) = try await enter("github", api) { $0.issuer = site }
        #expect(address.hasPrefix("\(site)/login/oauth/authorize?"))
        #expect(signedIn.user.identities.first?.name == "octocat")
    }

    @Test("Whose access token is not good any more is out; whose provider is slow, or says no to us, is not")
    func recheck() async throws {
        let api = githubAPI()
        let (fixture, signedIn, _) = try await enter("github", api)
        for status in [500, 403, 429, 404] {
            api.state.withLock { $0.statuses["https://api.github.com/user"] = status }
            await fixture.recheck()
            #expect(fixture.isSignedIn(signedIn))
        }
        api.state.withLock { $0.statuses = [:] }
        api.state.withLock {
            $0.answers["https://api.github.com/user/orgs?per_page=100"] = []
            $0.links = [:]
        }
        await fixture.recheck()
        #expect(try await fixture.store.user(signedIn.user.id)?.groups == ["company:acme/data-science"])
        api.state.withLock { $0.statuses["https://api.github.com/user"] = 401 }
        await fixture.recheck()
        #expect(!fixture.isSignedIn(signedIn))
    }

    /// https://docs.digitalocean.com/reference/api/digitalocean/#tag/Account
    @Test("DigitalOcean: the account's uuid, its verified address, its team")
    func digitalocean() async throws {
        let api = ScriptedAPI(
            tokenEndpoint: "https://cloud.digitalocean.com/v1/oauth/token",
            [
                "https://api.digitalocean.com/v2/account": [
                    "account": [
                        "droplet_limit": 25, "floating_ip_limit": 5, "name": "Sammy Shark",
                        "email": "sammy@example.org", "uuid": "b6fr89dbf6d9156cace5f3c78dc9851d957381ef",
                        "email_verified": true, "status": "active", "status_message": " ",
                        "team": ["uuid": "5df3e3004a17e242b7c20ca6c9fc25b701a47ece", "name": "My Team"],
                    ]
                ]
            ]
        )
        let (fixture, signedIn, address) = try await enter("digitalocean", api)
        #expect(address.hasPrefix("https://cloud.digitalocean.com/v1/oauth/authorize?"))
        let identity = try #require(signedIn.user.identities.first)
        #expect(identity.subject == "b6fr89dbf6d9156cace5f3c78dc9851d957381ef")
        #expect((identity.name, identity.emailIsVerified) == ("sammy@example.org", true))
        #expect(signedIn.user.groups == ["company:5df3e3004a17e242b7c20ca6c9fc25b701a47ece"])
        api.state.withLock {
            $0.answers["https://api.digitalocean.com/v2/account"] = [
                "account": ["uuid": "b6fr89dbf6d9156cace5f3c78dc9851d957381ef", "status": "locked"]
            ]
        }
        await fixture.recheck()
        #expect(!fixture.isSignedIn(signedIn))
    }

    @Test(
        "edX: the user name, which never changes, and the address once the account is active",
        arguments: [true, false]
    )
    func edx(isActive: Bool) async throws {
        let base = "https://courses.example.org"
        let api = ScriptedAPI(
            tokenEndpoint: "\(base)/oauth2/access_token",
            [
                "\(base)/api/user/v1/me": ["username": "honor"],
                "\(base)/api/user/v1/accounts/honor": [
                    "username": "honor", "name": "Honor Student", "email": "honor@example.org",
                    "is_active": .bool(isActive), "date_joined": "2026-01-02T03:04:05Z",
                ],
            ]
        )
        let (_, signedIn, address) = try await enter("edx", api) { $0.issuer = base }
        #expect(address.hasPrefix("\(base)/oauth2/authorize?"))
        let identity = try #require(signedIn.user.identities.first)
        #expect((identity.subject, identity.name) == ("honor", "honor"))
        #expect((identity.email, identity.emailIsVerified) == ("honor@example.org", isActive))
        #expect(signedIn.user.name == "Honor Student")
    }

    @Test("Any other OAuth 2 provider, with paths to subject, name, address and groups")
    func plain() async throws {
        let site = "https://sso.example.org"
        let api = ScriptedAPI(
            tokenEndpoint: "\(site)/token",
            [
                "\(site)/me": [
                    "data": [
                        "id": 42, "login": "ada", "mail": "ada@example.org", "teams": [["name": "a"], ["name": "b"]],
                    ]
                ]
            ]
        )
        let (_, signedIn, _) = try await enter("oauth2", api) { remote in
            remote.endpoints = .init(authorization: "\(site)/authorize", token: "\(site)/token", userinfo: "\(site)/me")
            remote.subjectClaim = "data.id"
            remote.nameClaim = "data.login"
            remote.emailClaim = "data.mail"
            remote.groupsClaim = "data.teams"
        }
        let identity = try #require(signedIn.user.identities.first)
        #expect((identity.subject, identity.name) == ("42", "ada"))
        #expect((identity.email, identity.emailIsVerified) == ("ada@example.org", false))
        #expect(signedIn.user.groups == ["company:a", "company:b"])
    }

    @Test("An API that does not say who it is signs nobody in")
    func nobody() async throws {
        let site = "https://sso.example.org"
        let api = ScriptedAPI(tokenEndpoint: "\(site)/token", ["\(site)/me": ["name": "Ada"]])
        do {
            _ = try await enter("oauth2", api) { remote in
                remote.endpoints = .init(
                    authorization: "\(site)/authorize",
                    token: "\(site)/token",
                    userinfo: "\(site)/me"
                )
            }
            Issue.record("somebody signed in")
        } catch let error as CarrelError { #expect(error.code == .unauthenticated) }
    }
}
