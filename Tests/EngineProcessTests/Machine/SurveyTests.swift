import CarrelCore
import EngineHost
import Glibc
import Logging
import Testing

@testable import EngineProcess

@Suite("What a machine lacks is told before anything is done to it")
struct SurveyTests {
    @Test("Asked before the start, an engine finds what it finds at the start, and makes nothing")
    func survey() async throws {
        let fixture = try ProcessFixture()
        let name = try #require(EngineName("here"))
        let fresh = ProcessEngine(
            name: name,
            deployment: "tests",
            stateDirectory: fixture.root + "/state",
            settings: fixture.settings,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let before = await fresh.findings()
        #expect(!SystemFile.exists(fixture.root + "/state"))
        let prepared = try await fixture.processEngine()
        #expect(await prepared.findings() == before)
        try await fixture.cleanUp()
    }

    @Test("A missing carrel-init is told before the start")
    func missing() async throws {
        let name = try #require(EngineName("here"))
        let engine = ProcessEngine(
            name: name,
            deployment: "tests",
            stateDirectory: "/nonexistent/state",
            settings: ProcessEngineSettings(sandbox: .off, initProgram: "/nonexistent/carrel-init"),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let findings = await engine.findings()
        #expect(findings.contains { $0.severity == .error && $0.message.contains("carrel-init is missing") })
    }

    @Test("Without a sandbox apps start below a state directory that was closed to them")
    func closedState() async throws {
        let fixture = try ProcessFixture(.off)
        try SystemFile.makeDirectory(fixture.root + "/state", mode: 0o700)
        let trial = Trial(fixture: fixture, engine: try await fixture.processEngine())
        let instance = try await trial.start("echo begun; exec sleep 600")
        try await trial.waitFor("begun", in: instance)
        try await fixture.cleanUp()
    }
}
