import CarrelCore
import CarrelTesting
import EngineHost
import Foundation
import Glibc
import Logging
import Synchronization

@testable import EngineProcess

/// A process engine on a directory of its own below /tmp, with homes beside it.
final class ProcessFixture: EngineFixture {
    let root: String
    let settings: ProcessEngineSettings
    private let made = Mutex<[ProcessEngine]>([])

    init(_ sandbox: ProcessEngineSettings.Sandbox = .auto, visible: [String] = [], logLimit: Int = 1 << 20) throws {
        var template = Array("/tmp/carrel-engine-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw ContractBroken("no directory below /tmp") }
        root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        chmod(root, 0o755)
        let binary = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        settings = ProcessEngineSettings(
            sandbox: sandbox,
            visible: visible,
            initProgram: Self.initProgram(beside: binary),
            logLimit: logLimit
        )
    }

    /// Beside the test bundle, where the build puts it; `CARREL_INIT` where the tests run from elsewhere.
    private static func initProgram(beside binary: String) -> String {
        if let named = ProcessInfo.processInfo.environment["CARREL_INIT"] { return named }
        let bundles = [CommandLine.arguments.first { $0.hasSuffix(".xctest") }, binary].compactMap { $0 }
        let candidates = bundles.map { URL(fileURLWithPath: $0).deletingLastPathComponent().path + "/carrel-init" }
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0) } ?? candidates[0]
    }

    static var isRoot: Bool { geteuid() == 0 }
    static var canSandbox: Bool { Command.find("bwrap") != nil }

    func processEngine(state: String = "state", deployment: String = "tests") async throws -> ProcessEngine {
        guard let name = EngineName("here") else { throw ContractBroken("here is no name") }
        let engine = ProcessEngine(
            name: name,
            deployment: deployment,
            stateDirectory: root + "/" + state,
            settings: settings,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        made.withLock { $0.append(engine) }
        try await engine.prepare()
        return engine
    }

    func engine() async throws -> any Engine { try await processEngine() }
    func otherDeployment() async throws -> any Engine { try await processEngine(state: "other", deployment: "others") }

    func app(_ script: String, withHome: Bool) throws -> App {
        try app(command: ["/bin/sh", "-c", script], withHome: withHome)
    }

    func brokenApp(_ name: String) throws -> App { try app(command: [name], withHome: false) }

    func app(command: [String], withHome: Bool = false) throws -> App {
        guard let id = AppID("app"), let engine = EngineName("here") else { throw ContractBroken("no name") }
        let rule = HomeRule(id: "team", engine: engine, location: Template(literal: root), kind: .directory)
        return App(
            id: id,
            title: "App",
            engine: engine,
            command: command.map(Template.init(literal:)),
            home: withHome ? HomeUse(rule: rule, mount: "/home/member") : nil
        )
    }

    func home(_ member: String, for app: App) throws -> HomeMount {
        let uid: UInt32 = member == "ada" ? 70_001 : 70_002
        return HomeMount(location: "\(root)/homes/\(member)", mount: app.home?.mount ?? "/home/member", storageUID: uid)
    }

    func cleanUp() async throws {
        for engine in made.withLock({ $0 }) {
            for instance in try await engine.instances() { try await engine.destroy(instance.workspace, grace: .zero) }
        }
        for engine in made.withLock({ $0 }) { try await engine.dismantle() }
        try FileManager.default.removeItem(atPath: root)
    }

    /// Runs `work` with an engine and cleans up whatever happens.
    static func with(
        _ sandbox: ProcessEngineSettings.Sandbox = .auto,
        visible: [String] = [],
        logLimit: Int = 1 << 20,
        _ work: (Trial) async throws -> Void
    ) async throws {
        let fixture = try ProcessFixture(sandbox, visible: visible, logLimit: logLimit)
        do { try await work(Trial(fixture: fixture, engine: fixture.processEngine())) } catch {
            try? await fixture.cleanUp()
            throw error
        }
        try await fixture.cleanUp()
    }
}

/// One engine and what its tests do with it.
struct Trial: Sendable {
    let fixture: ProcessFixture
    let engine: ProcessEngine

    func start(_ script: String, home: String? = nil, change: (inout App) -> Void = { _ in }) async throws -> Instance {
        var app = try fixture.app(script, withHome: home != nil)
        change(&app)
        return try await start(app, home: home)
    }

    func start(_ app: App, home: String? = nil) async throws -> Instance {
        var random = SystemRandomNumberGenerator()
        let id = WorkspaceID(from: &random)
        let spec = InstanceSpec(
            workspace: id,
            app: app,
            definition: app.definition,
            values: [.workspaceID: "\(id)", .workspaceToken: "token-\(id)", .workspacePath: "/w/\(id)/"],
            // “spare”: the app has a home that comes later.
            home: try home.flatMap { $0 == "spare" ? nil : try fixture.home($0, for: app) }
        )
        return try await engine.create(spec)
    }

    func log(_ instance: Instance) async throws -> String { try await engine.tail(instance.workspace, lines: 500) }

    func eventually(_ sentence: String, _ holds: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(120)
        while ContinuousClock.now < end {
            if try await holds() { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw ContractBroken(sentence)
    }

    func waitFor(_ text: String, in instance: Instance) async throws {
        do {
            try await eventually("“\(text)” never appeared") { try await log(instance).contains(text) }
        } catch let broken as ContractBroken {
            throw ContractBroken("\(broken): \(try await log(instance))")
        }
    }

    func state(_ instance: Instance) async throws -> Instance.State? {
        try await engine.instances().first { $0.workspace == instance.workspace }?.state
    }
}
