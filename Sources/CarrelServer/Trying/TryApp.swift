import AsyncHTTPClient
import CarrelConfig
import CarrelCore
import CarrelGateway
import CarrelIdentity
import CarrelWorkspaces
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle

/// `carrel check --try APP`: a whole carrel of its own, beside one that may be running, starts a throw-away spare of the
/// app, hands it over to a member of its own, opens a page and a WebSocket through the gateway, ends it, and looks for
/// what is left.
public final class TryApp {
    /// An app that fetches its image first may take this long until it is ready.
    private static let patience = Duration.seconds(600)

    private let parts: Parts
    private let app: App
    private let scratch: String
    private let tell: (TryReport.Step) -> Void
    private var report: TryReport
    /// Where the member's home is; made by this trial.
    private var home: Remains.Home?

    /// Throws `notFound` for an unknown app, and what a start throws. `tell` hears of each step as it is done.
    public static func run(
        _ loaded: LoadedConfiguration,
        app id: String,
        websocket: String?,
        tell: @escaping (TryReport.Step) -> Void
    ) async throws -> TryReport {
        guard let app = loaded.configuration.apps.first(where: { $0.id.description == id }) else {
            throw CarrelError(.configuration, "There is no app \(id) in \(loaded.file)")
        }
        var random = SystemRandomNumberGenerator()
        try await Remains.sweep(loaded, app: app)
        let mark = String(UInt32.random(in: .min ... .max, using: &random), radix: 36)
        let scratch = "\(loaded.configuration.state)/try-\(mark)"
        let trial = LoadedConfiguration(
            file: loaded.file,
            configuration: loaded.configuration.trying(app, in: scratch, deployment: "try-\(mark)"),
            warnings: []
        )
        let parts = try await Parts(trial, logger: Logger(label: "carrel", factory: { _ in SwiftLogNoOpLogHandler() }))
        let trying = TryApp(parts: parts, app: app, scratch: scratch, tell: tell)
        return try await trying.run(websocket: websocket)
    }

    private init(parts: Parts, app: App, scratch: String, tell: @escaping (TryReport.Step) -> Void) {
        self.parts = parts
        self.app = app
        self.scratch = scratch
        self.tell = tell
        report = TryReport(app: app.id)
    }

    private func run(websocket: String?) async throws -> TryReport {
        // Who interrupts it wants it to end at once; the next trial takes away what it left.
        let services = Services(parts: parts).all().filter { !($0 is StopSignals) }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: services, logger: parts.logger)
        )
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            tasks.addTask {
                try await group.run()
                return true
            }
            tasks.addTask { [parts] in
                try await parts.gatewayListens.wait()
                return false
            }
            // Every service runs until it is told to stop.
            if try await tasks.next() == true { throw CarrelError(.internal, "It stopped before it began.") }
            await steps(websocket: websocket)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        try await clearUp()
        return report
    }

    // MARK: Steps

    /// Runs `work`; what it returns is told as found. False if it threw: the rest has no sense then.
    @discardableResult
    private func step(
        _ what: String,
        outcome: TryReport.Step.Outcome = .done,
        _ work: () async throws -> String
    ) async -> Bool {
        let began = ContinuousClock.now
        var step = TryReport.Step(what: what, outcome: outcome, found: "", milliseconds: 0)
        do { step.found = try await work() } catch {
            step.outcome = .failed
            let told = error as? CarrelError
            step.found = told.map { $0.message + ($0.detail.map { " (\($0))" } ?? "") } ?? "\(error)"
        }
        step.milliseconds = Double((ContinuousClock.now - began).milliseconds)
        report.steps.append(step)
        tell(step)
        return step.outcome != .failed
    }

    private func steps(websocket: String?) async {
        let workspaces = parts.workspaces
        await engineIsTried()
        let spares = parts.configuration.apps.first?.pool.spares ?? 0
        var isWarm = false
        let engine = await workspaces.engines().first { $0.name == app.engine }
        let isUsable = await step("the engine \(app.engine) is prepared") {
            let findings = engine?.findings ?? []
            if let error = findings.first(where: { $0.severity == .error }) {
                throw CarrelError(.engineFailed, error.message)
            }
            return findings.map(\.message).joined(separator: " ")
        }
        guard isUsable else { return }
        if spares > 0, app.home == nil || engine?.capabilities.contains("attachHome") == true {
            guard
                await step("a spare is started and answers", { try await self.awaitSpare() })
            else { return await end(nil) }
            isWarm = true
        }
        var member: (user: User, token: String)?
        await step("a member is made") {
            member = try await self.makeMember()
            return ""
        }
        guard let member else { return await end(nil) }
        home = app.home.map { Remains.Home(of: $0, member: member.user.id) }
        var given: Workspace?
        await step(isWarm ? "the spare is handed over" : "a workspace is started and handed over") {
            let workspace = try await self.claim(for: member.user)
            given = workspace
            let trace = workspace.trace
            return "\(workspace.trace?.source.rawValue ?? "unknown"), home attached in "
                + "\(Int64((trace?.attach ?? 0).rounded())) ms"
        }
        guard let workspace = given else { return await end(nil) }
        await step("its page is opened") { try await self.openPage(workspace, token: member.token) }
        await openSocket(workspace, token: member.token, path: websocket)
        await end(workspace)
    }

    /// One that can't run here is tried again and again: it is told as it is then.
    private func engineIsTried() async {
        await withTaskGroup { [parts] group in
            group.addTask { try? await parts.workspaces.settled() }
            group.addTask { try? await Task.sleep(for: .seconds(15)) }
            await group.next()
            group.cancelAll()
        }
    }

    private func awaitSpare() async throws -> String {
        let deadline = ContinuousClock.now + Self.patience
        while ContinuousClock.now < deadline {
            guard let pool = try await parts.workspaces.pools().first else { break }
            if pool.ready > 0 { return "" }
            if let failing = pool.failing { throw CarrelError(.appFailed, failing) }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw CarrelError(.appFailed, "No spare was ready within \(Self.patience.forPeople).")
    }

    private func makeMember() async throws -> (user: User, token: String) {
        let user = try await parts.signIn.addAccount(
            provider: Configuration.trialProvider,
            name: "trial",
            password: nil,
            by: .commandLine
        )
        let made = try await parts.signIn.makeToken(
            scopes: [.workspaces],
            user: user.id,
            lifetime: .seconds(3600),
            by: .commandLine
        )
        return (user, made.secret)
    }

    private func claim(for user: User) async throws -> Workspace {
        var workspace = try await parts.workspaces.claim(
            app.id,
            name: .unnamed,
            for: user,
            isOperator: false,
            by: .user(user.id)
        )
        guard !workspace.isOpen else { return workspace }
        for await event in try await parts.workspaces.events(workspace.id) {
            workspace = event.workspace
            if workspace.isOpen { break }
            guard workspace.phase != .ended else {
                throw CarrelError(.appFailed, "It ended: \(workspace.reason?.description ?? "no reason is known")")
            }
        }
        return workspace
    }

    private var origin: SocketAddress? { parts.gateway.address(of: "users") }

    private func openPage(_ workspace: Workspace, token: String) async throws -> String {
        guard let port = origin?.port else { throw CarrelError(.internal, "The gateway does not listen.") }
        var path = workspace.path
        for _ in 0..<10 {
            var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
            request.headers.add(name: "Authorization", value: "Bearer \(token)")
            request.headers.add(name: "Accept", value: "text/html")
            let answer = try await parts.httpClient.execute(request, timeout: .seconds(30))
            let body = try await answer.body.collect(upTo: 16 << 20)
            if let next = answer.headers.first(name: "Location"), (300..<400).contains(answer.status.code) {
                guard next.hasPrefix(workspace.path) || !next.hasPrefix("/") && !next.contains("://") else {
                    throw CarrelError(.appFailed, "It leads out of its own path, to \(next).")
                }
                path = next.hasPrefix("/") ? next : path + next
                continue
            }
            guard answer.status.code < 400 else {
                throw CarrelError(.appFailed, "It answers \(answer.status.code) to \(path).")
            }
            return "\(answer.status.code), \(body.readableBytes) bytes"
        }
        throw CarrelError(.appFailed, "It leads in circles.")
    }

    /// Nobody can tell where an app has its WebSockets, so that none at its root is no failure.
    private func openSocket(_ workspace: Workspace, token: String, path: String?) async {
        guard let address = origin else { return }
        let target = workspace.path + (path ?? "/").drop { $0 == "/" }
        await step("a WebSocket is opened", outcome: path == nil ? .note : .done) {
            let status = try await UpgradeProbe.status(
                address,
                path: target,
                headers: [
                    ("Host", "127.0.0.1:\(address.port ?? 0)"), ("Authorization", "Bearer \(token)"),
                    ("Origin", "http://127.0.0.1:\(address.port ?? 0)"),
                ],
                within: .seconds(30)
            )
            if status == 101 { return "101" }
            guard path == nil else { throw CarrelError(.appFailed, "It answers \(status) to \(target).") }
            return "none at its root (\(status)): name the app's own with --websocket PATH"
        }
    }

    /// Everything that was started ends.
    private func end(_ workspace: Workspace?) async {
        await step("everything is ended") {
            var rules = self.parts.configuration.workspaceRules
            rules.apps = rules.apps.map { $0.trial(spares: 0) }
            await self.parts.workspaces.reload(rules)
            if let workspace {
                _ = try await self.parts.workspaces.stop(workspace.id, reason: .operator, by: .commandLine)
            }
            let deadline = ContinuousClock.now + .seconds(120)
            while ContinuousClock.now < deadline {
                if try await self.parts.workspaces.living().isEmpty { return "" }
                try await Task.sleep(for: .milliseconds(20))
            }
            throw CarrelError(.engineFailed, "It did not end within 2 minutes.")
        }
    }

    private func clearUp() async throws {
        await step("nothing is left") {
            self.report.left = try await Remains(configuration: self.parts.configuration, home: self.home).clear()
            guard self.report.left.isEmpty else {
                throw CarrelError(.engineFailed, self.report.left.joined(separator: ", "))
            }
            return ""
        }
    }
}
