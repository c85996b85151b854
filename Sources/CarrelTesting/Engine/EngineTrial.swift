import CarrelCore

/// What the checks have in common.
struct EngineTrial: Sendable {
    let fixture: any EngineFixture
    let engine: any Engine

    func spec(
        _ script: String,
        withHome: Bool = false,
        home: String? = nil,
        environment: [String: EnvironmentValue] = [:]
    ) throws -> InstanceSpec {
        var app = try fixture.app(script, withHome: withHome || home != nil)
        app.environment = environment
        return try spec(app, home: home.map { try fixture.home($0, for: app) })
    }

    func spec(_ app: App, home: HomeMount? = nil) throws -> InstanceSpec {
        var random = SystemRandomNumberGenerator()
        let id = WorkspaceID(from: &random)
        return InstanceSpec(
            workspace: id,
            app: app,
            definition: app.definition,
            values: [.workspaceID: id.description, .workspaceToken: "secret-\(id)", .workspacePath: "/w/\(id)/"],
            home: home
        )
    }

    func identity(_ name: String, for workspace: WorkspaceID) throws -> WorkspaceIdentity {
        var random = SystemRandomNumberGenerator()
        return WorkspaceIdentity(
            id: UserID(from: &random),
            name: name,
            email: nil,
            workspace: workspace,
            workspaceName: .unnamed
        )
    }

    func expect(_ holds: Bool, _ sentence: @autoclosure () -> String) throws {
        guard holds else { throw ContractBroken(sentence()) }
    }

    func instance(_ workspace: WorkspaceID, of engine: (any Engine)? = nil) async throws -> Instance? {
        try await (engine ?? self.engine).instances().first { $0.workspace == workspace }
    }

    /// Waits for something that no event tells; at most 20 seconds.
    func eventually(_ sentence: String, _ holds: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < end {
            if try await holds() { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw ContractBroken(sentence)
    }

    /// Waits until the instance's log has a line with `text`.
    func waitForLog(_ text: String, of workspace: WorkspaceID) async throws {
        guard let logs = await engine.capabilities.logs else { throw ContractBroken("The engine keeps no logs") }
        try await eventually("“\(text)” never appeared in the log: \(try await logs.tail(workspace, lines: 50))") {
            try await logs.tail(workspace, lines: 200).contains(text)
        }
    }

    func waitForExit(of workspace: WorkspaceID) async throws -> (code: Int32?, because: String?) {
        var end: (Int32?, String?)?
        try await eventually("The instance never ended") {
            guard case .exited(let code, let because) = try await instance(workspace)?.state else { return false }
            end = (code, because)
            return true
        }
        return (end?.0, end?.1)
    }

    func expectError(
        _ code: CarrelError.Code,
        _ sentence: String,
        _ work: () async throws -> Void
    ) async throws -> CarrelError {
        do { try await work() } catch let error as CarrelError {
            try expect(error.code == code, "\(sentence): \(code) was expected, not \(error)")
            return error
        }
        throw ContractBroken("\(sentence): \(code) was expected, but nothing was thrown")
    }
}
