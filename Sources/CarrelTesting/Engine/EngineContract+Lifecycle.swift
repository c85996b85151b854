import CarrelCore

extension EngineContract {
    static let lifecycle: [EngineCheck] = [
        EngineCheck("A created instance is listed as running, with its app, its definition and an endpoint") { trial in
            let spec = try trial.spec("exec sleep 600")
            let made = try await trial.engine.create(spec)
            let listed = try await trial.instance(spec.workspace)
            try trial.expect(listed == made, "listed as \(String(describing: listed)), returned as \(made)")
            try trial.expect(made.state == .running, "it is \(made.state)")
            try trial.expect(made.app == spec.app.id && made.definition == spec.definition, "\(made)")
            try trial.expect(made.endpoint != nil, "it has no endpoint")
            try trial.expect(made.home == nil, "a spare has a home")
        },
        EngineCheck("Creating twice, one after the other or at once, gives one instance") { trial in
            let spec = try trial.spec("echo started; exec sleep 600")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 { group.addTask { _ = try await trial.engine.create(spec) } }
                try await group.waitForAll()
            }
            _ = try await trial.engine.create(spec)
            try await trial.waitForLog("started", of: spec.workspace)
            let count = try await trial.engine.instances().count
            try trial.expect(count == 1, "there are \(count)")
            let log = try await trial.engine.capabilities.logs?.tail(spec.workspace, lines: 9) ?? ""
            try trial.expect(log.split(separator: "\n").count { $0 == "started" } == 1, "it started twice: \(log)")
        },
        EngineCheck("A destroyed instance is gone, and destroying it again does nothing") { trial in
            let spec = try trial.spec("exec sleep 600")
            _ = try await trial.engine.create(spec)
            try await trial.engine.destroy(spec.workspace, grace: .seconds(2))
            let left = try await trial.engine.instances()
            try trial.expect(left.isEmpty, "left: \(left)")
            try await trial.engine.destroy(spec.workspace, grace: .seconds(2))
        },
        EngineCheck("An app that ignores being asked is ended after the grace") { trial in
            let spec = try trial.spec("trap '' TERM; echo deaf; while :; do sleep 0.1; done")
            _ = try await trial.engine.create(spec)
            try await trial.waitForLog("deaf", of: spec.workspace)
            let begun = ContinuousClock.now
            try await trial.engine.destroy(spec.workspace, grace: .milliseconds(300))
            let taken = ContinuousClock.now - begun
            try trial.expect(taken >= .milliseconds(250), "it had no grace: \(taken)")
            let left = try await trial.engine.instances()
            try trial.expect(left.isEmpty, "left: \(left)")
        },
        EngineCheck("A command that does not exist is the app's fault, named, and leaves nothing behind") { trial in
            let spec = try trial.spec(trial.fixture.brokenApp("no-such-program"))
            let error = try await trial.expectError(.appFailed, "a missing command") {
                _ = try await trial.engine.create(spec)
            }
            try trial.expect(error.message.contains("no-such-program"), "the sentence names it not: \(error.message)")
            let left = try await trial.engine.instances()
            try trial.expect(left.isEmpty, "left: \(left)")
        },
        EngineCheck("An instance that exits is listed with its code and its last words until it is destroyed") {
            trial in
            let spec = try trial.spec("echo out of luck; exit 3")
            _ = try await trial.engine.create(spec)
            let end = try await trial.waitForExit(of: spec.workspace)
            try trial.expect(end.code == 3, "code \(String(describing: end.code))")
            try trial.expect(end.because?.contains("out of luck") == true, "because: \(end.because ?? "nothing")")
            let again = try await trial.engine.create(spec)
            try trial.expect(again.state != .running, "creating an ended one started it again")
            try await trial.engine.destroy(spec.workspace, grace: .zero)
            let left = try await trial.engine.instances()
            try trial.expect(left.isEmpty, "left: \(left)")
        },
        EngineCheck("Another deployment neither sees nor touches it") { trial in
            let spec = try trial.spec("exec sleep 600")
            _ = try await trial.engine.create(spec)
            let other = try await trial.fixture.otherDeployment()
            let seen = try await other.instances()
            try trial.expect(seen.isEmpty, "it sees \(seen)")
            try await other.destroy(spec.workspace, grace: .zero)
            let state = try await trial.instance(spec.workspace)?.state
            try trial.expect(state == .running, "now it is \(String(describing: state))")
        },
        EngineCheck("Another engine object on the same state has the same instances, and can end them") { trial in
            let spec = try trial.spec("exec sleep 600")
            let made = try await trial.engine.create(spec)
            let second = try await trial.fixture.engine()
            let seen = try await trial.instance(spec.workspace, of: second)
            try trial.expect(seen == made, "it sees \(String(describing: seen))")
            let again = try await second.create(spec)
            try trial.expect(again == made, "it made another: \(again)")
            try await second.destroy(spec.workspace, grace: .seconds(1))
            let left = try await trial.engine.instances()
            try trial.expect(left.isEmpty, "left: \(left)")
        },
        EngineCheck("Templates and secrets reach the app's environment") { trial in
            let spec = try trial.spec(
                "echo id=$ID runtime=$RUNTIME token=$TOKEN",
                environment: [
                    "ID": .template(try Template("{{workspace.id}}")),
                    "RUNTIME": .template(try Template("{{workspace.runtime}}")),
                    "TOKEN": .secret(Secret("s3cret value")),
                ]
            )
            _ = try await trial.engine.create(spec)
            try await trial.waitForLog("id=\(spec.workspace) runtime=/", of: spec.workspace)
            try await trial.waitForLog("token=s3cret value", of: spec.workspace)
        },
    ]
}
