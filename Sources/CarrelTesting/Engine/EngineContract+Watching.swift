import CarrelCore

extension EngineContract {
    static let watching: [EngineCheck] = [
        EngineCheck("An exit is told as an event", if: { $0.events != nil }) { trial in
            guard let events = await trial.engine.capabilities.events?.events() else { return }
            let spec = try trial.spec("sleep 0.3; exit 0")
            _ = try await trial.engine.create(spec)
            for await workspace in events where workspace == spec.workspace {
                if case .exited = try await trial.instance(workspace)?.state { return }
            }
            throw ContractBroken("the events ended")
        },
        EngineCheck("Pausing stops the CPU time, resuming lets it go on; both may be repeated", if: canPauseAndMeasure)
        { trial in
            let abilities = await trial.engine.capabilities
            guard let pause = abilities.pause, let stats = abilities.stats else { return }
            let spec = try trial.spec("while :; do :; done")
            _ = try await trial.engine.create(spec)
            let id = spec.workspace
            let time = { @Sendable in try await stats.stats()[id]?.cpuTime ?? .zero }
            try await trial.eventually("it uses no CPU time") { try await time() > .milliseconds(20) }
            try await pause.pause(id)
            try await pause.pause(id)
            let paused = try await trial.instance(id)?.state
            try trial.expect(paused == .paused, "it is \(String(describing: paused))")
            var last = try await time()
            // Freezing takes effect within milliseconds; then two readings are the same.
            try await trial.eventually("its CPU time goes on") {
                try await Task.sleep(for: .milliseconds(60))
                let now = try await time()
                defer { last = now }
                return now == last
            }
            try await pause.resume(id)
            try await pause.resume(id)
            try await trial.eventually("it does not go on") { [last] in try await time() > last + .milliseconds(20) }
            let resumed = try await trial.instance(id)?.state
            try trial.expect(resumed == .running, "it is \(String(describing: resumed))")
        },
        EngineCheck("A paused instance can be destroyed", if: { $0.pause != nil }) { trial in
            guard let pause = await trial.engine.capabilities.pause else { return }
            let spec = try trial.spec("exec sleep 600")
            _ = try await trial.engine.create(spec)
            try await pause.pause(spec.workspace)
            try await trial.engine.destroy(spec.workspace, grace: .seconds(1))
            let left = try await trial.engine.instances()
            try trial.expect(left.isEmpty, "left: \(left)")
        },
        EngineCheck("The log's last lines are there after the exit", if: { $0.logs != nil }) { trial in
            guard let logs = await trial.engine.capabilities.logs else { return }
            let spec = try trial.spec("for i in 1 2 3 4 5; do echo line $i; done; sleep 0.3; echo wrong >&2; exit 1")
            _ = try await trial.engine.create(spec)
            _ = try await trial.waitForExit(of: spec.workspace)
            let log = try await logs.tail(spec.workspace, lines: 3)
            try trial.expect(log == "line 4\nline 5\nwrong\n", "the log is \(log)")
        },
        EngineCheck(
            "A followed log brings what is written from now on, and ends with the instance",
            if: { $0.logs != nil }
        ) {
            trial in
            guard let logs = await trial.engine.capabilities.logs else { return }
            var text = ""
            // On a machine under load it may be over before it is followed: then one that takes longer.
            for count in [40, 160, 640] where text.isEmpty {
                let spec = try trial.spec("for i in $(seq \(count)); do echo größer $i; sleep 0.05; done")
                _ = try await trial.engine.create(spec)
                for try await part in try await logs.follow(spec.workspace) { text += part }
                let whole = try await logs.tail(spec.workspace, lines: 1000)
                try trial.expect(whole.hasSuffix("größer \(count)\n"), "the log is \(whole)")
                try trial.expect(whole.hasSuffix(text), "it brought \(text)")
            }
            try trial.expect(!text.isEmpty, "it brought nothing")
        },
        EngineCheck("What an instance uses is counted over its whole tree", if: { $0.stats != nil }) { trial in
            guard let stats = await trial.engine.capabilities.stats else { return }
            let spec = try trial.spec("sleep 600 & sleep 600 & echo started; wait")
            _ = try await trial.engine.create(spec)
            try await trial.waitForLog("started", of: spec.workspace)
            let reading = try await stats.stats()[spec.workspace]
            try trial.expect((reading?.processes ?? 0) >= 3, "\(String(describing: reading))")
            try trial.expect((reading?.memory ?? 0) > 0, "\(String(describing: reading))")
        },
    ]

    private static let canPauseAndMeasure: @Sendable (EngineCapabilities) -> Bool = {
        $0.pause != nil && $0.stats != nil
    }
}
