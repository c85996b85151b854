import CarrelCore

extension EngineContract {
    static let homes: [EngineCheck] = [
        EngineCheck("A home that is known at the start is there before the app's first step") { trial in
            let first = try trial.spec("echo kept > $HOME/note && echo written", home: "ada")
            _ = try await trial.engine.create(first)
            _ = try await trial.waitForExit(of: first.workspace)
            try await trial.engine.destroy(first.workspace, grace: .zero)
            let second = try trial.spec("cat $HOME/note; exec sleep 600", home: "ada")
            let instance = try await trial.engine.create(second)
            try trial.expect(instance.home == second.home?.location, "its home is \(instance.home ?? "none")")
            try await trial.waitForLog("kept", of: second.workspace)
        },
        EngineCheck("Nobody else's home is there") { trial in
            let ada = try trial.spec("echo mine > $HOME/note; echo written; exec sleep 600", home: "ada")
            _ = try await trial.engine.create(ada)
            try await trial.waitForLog("written", of: ada.workspace)
            let bob = try trial.spec("ls -a $HOME | tr '\\n' ' '; echo; echo listed; exec sleep 600", home: "bob")
            _ = try await trial.engine.create(bob)
            try await trial.waitForLog("listed", of: bob.workspace)
            let log = try await trial.engine.capabilities.logs?.tail(bob.workspace, lines: 9) ?? ""
            try trial.expect(!log.contains("note"), "bob sees \(log)")
        },
        EngineCheck("A home attached to a running spare appears in it, with the identity", if: canAttach) { trial in
            guard let attach = await trial.engine.capabilities.attachHome else { return }
            let spec = try trial.spec(
                "echo waiting; until [ -e $HOME/note ]; do sleep 0.02; done; cat $HOME/note $XDG_RUNTIME_DIR/identity.json; "
                    + "echo from inside > $HOME/answer; echo; echo written; exec sleep 600",
                withHome: true
            )
            try await keepNote("for ada", in: "ada", trial)
            _ = try await trial.engine.create(spec)
            try await trial.waitForLog("waiting", of: spec.workspace)
            let home = try trial.fixture.home("ada", for: spec.app)
            let identity = try trial.identity("Ada Lovelace", for: spec.workspace)
            try await attach.attach(home, identity: identity, to: spec.workspace)
            try await trial.waitForLog("for ada", of: spec.workspace)
            try await trial.waitForLog("Ada Lovelace", of: spec.workspace)
            try await trial.waitForLog("written", of: spec.workspace)
            let attached = try await trial.instance(spec.workspace)?.home
            try trial.expect(attached == home.location, "its home is \(attached ?? "none")")
            try await trial.engine.destroy(spec.workspace, grace: .seconds(1))
            let next = try trial.spec("cat $HOME/answer; exec sleep 600", home: "ada")
            _ = try await trial.engine.create(next)
            try await trial.waitForLog("from inside", of: next.workspace)
        },
        EngineCheck("Attaching the same home again does nothing; another one is a conflict", if: canAttach) { trial in
            guard let attach = await trial.engine.capabilities.attachHome else { return }
            let spec = try trial.spec("exec sleep 600", withHome: true)
            _ = try await trial.engine.create(spec)
            let identity = try trial.identity("Ada", for: spec.workspace)
            let home = try trial.fixture.home("ada", for: spec.app)
            try await attach.attach(home, identity: identity, to: spec.workspace)
            try await attach.attach(home, identity: identity, to: spec.workspace)
            let other = try trial.fixture.home("bob", for: spec.app)
            _ = try await trial.expectError(.conflict, "a second home") {
                try await attach.attach(other, identity: identity, to: spec.workspace)
            }
            let attached = try await trial.instance(spec.workspace)?.home
            try trial.expect(attached == home.location, "its home is \(attached ?? "none")")
        },
        EngineCheck("An app without a home gets its identity only", if: canAttach) { trial in
            guard let attach = await trial.engine.capabilities.attachHome else { return }
            let file = "$XDG_RUNTIME_DIR/identity.json"
            let spec = try trial.spec("until [ -e \(file) ]; do sleep 0.02; done; cat \(file); exec sleep 600")
            _ = try await trial.engine.create(spec)
            let identity = try trial.identity("Grace Hopper", for: spec.workspace)
            try await attach.attach(nil, identity: identity, to: spec.workspace)
            try await trial.waitForLog("Grace Hopper", of: spec.workspace)
        },
        EngineCheck("Attaching to a workspace that is not there is an error", if: canAttach) { trial in
            guard let attach = await trial.engine.capabilities.attachHome else { return }
            let spec = try trial.spec("exec sleep 600", withHome: true)
            let home = try trial.fixture.home("ada", for: spec.app)
            let identity = try trial.identity("Ada", for: spec.workspace)
            _ = try await trial.expectError(.notFound, "no workspace") {
                try await attach.attach(home, identity: identity, to: spec.workspace)
            }
        },
    ]

    private static let canAttach: @Sendable (EngineCapabilities) -> Bool = { $0.attachHome != nil }

    /// Leaves a file in a member's home, the way the member would.
    private static func keepNote(_ text: String, in member: String, _ trial: EngineTrial) async throws {
        let spec = try trial.spec("echo \(text) > $HOME/note", home: member)
        _ = try await trial.engine.create(spec)
        _ = try await trial.waitForExit(of: spec.workspace)
        try await trial.engine.destroy(spec.workspace, grace: .zero)
    }
}
