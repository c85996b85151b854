import CarrelCore
import CarrelIdentity
import CarrelTesting
import CarrelWeb
import CarrelWorkspaces
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Synchronization
import Testing

/// A whole hub over fakes: two members, an operator, and apps.
struct House: Sendable {
    let clock = VirtualClock()
    let signIn: FakeSignIn
    let workspaces: FakeWorkspaces
    let ada: User
    let ben: User
    let olga: User
    var exposed: ExposedServices?
    var settings = HubSettings(
        users: .init(publicOrigin: "https://work.example.org", sessionCookie: "carrel", formCookie: "carrel-form"),
        operators: .init(publicOrigin: nil, sessionCookie: "carrel-operators", formCookie: "carrel-operators-form")
    )

    init() throws {
        signIn = FakeSignIn(clock: clock)
        ada = signIn.add("ada")
        ben = signIn.add("ben")
        olga = signIn.add("olga", isOperator: true)
        let here = try #require(EngineName("here"))
        workspaces = FakeWorkspaces(
            clock: clock,
            apps: [
                App(
                    id: try #require(AppID("jupyter")),
                    title: "JupyterLab",
                    description: "Notebooks in Python and R",
                    engine: here,
                    labels: ["purpose": "analysis"]
                ),
                App(
                    id: try #require(AppID("shiny")),
                    title: "Shiny <demo>",
                    engine: here,
                    access: AccessRule(users: ["here:ada"])
                ),
            ]
        )
    }

    func services(unready: String? = nil) -> HubServices {
        let settings = settings
        let signIn = signIn
        let workspaces = workspaces
        let now = clock.now()
        return HubServices(
            signIn: signIn,
            workspaces: workspaces,
            clock: clock,
            settings: { settings },
            users: { signIn.state.withLock { $0.users } },
            record: { after, limit in
                let entry = RecordEntry(at: now, kind: "user.added", actor: .commandLine)
                let entries = [ChainedEntry(chain: "hub", sequence: 1, entry: entry, previous: ChainedEntry.genesis)]
                return after == 0 ? (Array(entries.prefix(limit)), 1) : ([], after)
            },
            usage: { from, to in
                var sum = UsageSum(from: from, to: to)
                for workspace in workspaces.state.withLock({ $0.all }) { sum.add(workspace) }
                return sum.usages
            },
            unready: { unready },
            reload: { ["nothing changed"] },
            exposed: exposed
        )
    }

    /// Runs `work` against the hub of `listener`.
    func open<Value: Sendable>(
        _ listener: HubListener = .users,
        unready: String? = nil,
        _ work: @Sendable (Door) async throws -> Value
    ) async throws -> Value {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let hub = try buildHub(listener, services: services(unready: unready), logger: logger)
        return try await hub.test(.router) { client in
            try await work(Door(client: client, listener: listener, house: self))
        }
    }
}

/// Who knocks.
enum Visitor: Sendable, Hashable, CaseIterable {
    case nobody, member, otherMember, `operator`
    case workspacesToken, membersToken, observeToken, operateToken, poolToken, embedToken
}

/// One listener, ready to be asked.
struct Door: Sendable {
    let client: any TestClientProtocol
    let listener: HubListener
    let house: House

    /// What a browser's tab sends.
    static let tab: HTTPFields = fields([
        "Accept": "text/html,application/xhtml+xml", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document",
        "Sec-Fetch-Site": "same-origin",
    ])

    static func fields(_ pairs: [String: String]) -> HTTPFields {
        var fields = HTTPFields()
        for (name, value) in pairs { if let name = HTTPField.Name(name) { fields[name] = value } }
        return fields
    }

    /// As `user`: sends this member's session cookie, and the CSRF header with methods that change.
    func ask(
        _ method: HTTPRequest.Method,
        _ uri: String,
        as user: User? = nil,
        token: String? = nil,
        headers more: HTTPFields = [:],
        csrf: Bool = true,
        json: String? = nil,
        form: [String: String]? = nil
    ) async throws -> Answer {
        var headers = more
        var body: ByteBuffer?
        var form = form
        if let user {
            let signedIn = house.signIn.session(for: user)
            let names = listener == .users ? house.settings.users : house.settings.operators
            headers[.cookie] = "theme=dark; \(names.sessionCookie)=\(signedIn.cookie)"
            let token = house.signIn.csrfToken(for: signedIn.session.id.description)
            if csrf {
                form?["csrf"] = token
                if form == nil, let name = HTTPField.Name("X-Carrel-CSRF") { headers[name] = token }
            }
        }
        if let token { headers[.authorization] = "Bearer \(token)" }
        if let json {
            headers[.contentType] = headers[.contentType] ?? "application/json"
            body = ByteBuffer(string: json)
        }
        if let form {
            headers[.contentType] = "application/x-www-form-urlencoded"
            body = ByteBuffer(string: form.map { "\($0)=\($1.replacing("/", with: "%2F"))" }.joined(separator: "&"))
        }
        let response = try await client.executeRequest(uri: uri, method: method, headers: headers, body: body)
        return Answer(response)
    }

    func ask(_ method: HTTPRequest.Method, _ uri: String, as visitor: Visitor, json: String? = nil) async throws
        -> Answer
    {
        let tokens = house.signIn
        switch visitor {
        case .nobody: return try await ask(method, uri, json: json)
        case .member: return try await ask(method, uri, as: house.ada, json: json)
        case .otherMember: return try await ask(method, uri, as: house.ben, json: json)
        case .operator: return try await ask(method, uri, as: house.olga, json: json)
        case .workspacesToken: return try await ask(method, uri, token: tokens.token([.workspaces]), json: json)
        case .membersToken:
            return try await ask(method, uri, token: tokens.token([.workspaces], user: house.ada.id), json: json)
        case .observeToken: return try await ask(method, uri, token: tokens.token([.observe]), json: json)
        case .operateToken: return try await ask(method, uri, token: tokens.token([.operate]), json: json)
        case .poolToken: return try await ask(method, uri, token: tokens.token([.pool]), json: json)
        case .embedToken: return try await ask(method, uri, token: tokens.token([.embed]), json: json)
        }
    }
}

/// What came back.
struct Answer: Sendable {
    let status: Int
    let headers: HTTPFields
    let text: String

    init(_ response: TestResponse) {
        status = response.status.code
        headers = response.headers
        text = String(buffer: response.body)
    }

    func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }
    var location: String? { headers[.location] }
    var cookies: [String] { headers[values: .setCookie] }

    /// The value of a string field at the top of a JSON object.
    func field(_ name: String) -> String? {
        text.firstRange(of: "\"\(name)\":\"").map { String(text[$0.upperBound...].prefix { $0 != "\"" }) }
    }
}
