import CarrelCore
import Synchronization

/// The configured engines with what they can do. Only what lies in `Reconciling` calls one.
final class EngineSet: Sendable {
    struct Prepared: Sendable {
        let engine: any Engine
        let can: EngineCapabilities

        var abilities: EngineAbilities {
            EngineAbilities(pause: can.pause != nil, attachHome: can.attachHome != nil, stats: can.stats != nil)
        }
    }

    private struct State {
        var prepared: [EngineName: Prepared] = [:]
        var trouble: [EngineName: String] = [:]
        var counts: [EngineName: Int] = [:]
        var waiting: [EngineName: [CheckedContinuation<Void, Never>]] = [:]
    }

    /// In the configured order.
    let all: [any Engine]
    private let byName: [EngineName: any Engine]
    private let state = Mutex(State())

    init(_ engines: [any Engine]) {
        all = engines
        byName = Dictionary(engines.map { ($0.name, $0) }) { first, _ in first }
    }

    /// Throws with a sentence while the engine can't run here.
    func prepared(_ name: EngineName) throws -> Prepared {
        if let prepared = state.withLock({ $0.prepared[name] }) { return prepared }
        guard byName[name] != nil else {
            throw CarrelError(
                .engineFailed,
                "The place where this app runs is not configured.",
                detail: "engine \(name)"
            )
        }
        let trouble = state.withLock { $0.trouble[name] }
        throw CarrelError(.engineFailed, "The place where this app runs is not ready yet.", detail: trouble)
    }

    /// Whether any works: prepared, and listing when last asked.
    var isAnyReady: Bool { state.withLock { state in state.prepared.keys.contains { state.trouble[$0] == nil } } }

    func ifPrepared(_ name: EngineName) -> Prepared? { state.withLock { $0.prepared[name] } }

    /// Prepares it if that has not been done; afterwards `prepared` returns it.
    func prepare(_ engine: any Engine) async throws {
        guard ifPrepared(engine.name) == nil else { return }
        defer { letGo(engine.name) }
        do {
            try await engine.prepare()
            let can = await engine.capabilities
            state.withLock {
                $0.prepared[engine.name] = Prepared(engine: engine, can: can)
                $0.trouble[engine.name] = nil
            }
        } catch {
            state.withLock { $0.trouble[engine.name] = "\(error)" }
            throw error
        }
    }

    /// Returns when preparing it has been tried, at once if it has.
    func waitUntilTried(_ name: EngineName) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isOver = state.withLock { state in
                if byName[name] == nil || state.prepared[name] != nil || state.trouble[name] != nil { return true }
                state.waiting[name, default: []].append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    private func letGo(_ name: EngineName) {
        let waiting = state.withLock { $0.waiting.removeValue(forKey: name) ?? [] }
        for continuation in waiting { continuation.resume() }
    }

    /// What the last listing had; nil if it failed, with why.
    func listed(_ name: EngineName, _ result: Result<Int, any Error>) {
        state.withLock { state in
            switch result {
            case .success(let count):
                state.counts[name] = count
                state.trouble[name] = nil
            case .failure(let error):
                state.counts[name] = nil
                state.trouble[name] = "its instances can't be listed: \(error)"
            }
        }
    }

    func status() async -> [EngineStatus] {
        var statuses: [EngineStatus] = []
        for engine in all {
            var findings = await engine.findings()
            let (prepared, trouble, count) = state.withLock {
                ($0.prepared[engine.name], $0.trouble[engine.name], $0.counts[engine.name])
            }
            if let trouble { findings.append(EngineFinding(.error, trouble)) }
            statuses.append(
                EngineStatus(
                    name: engine.name,
                    kind: engine.kind,
                    capabilities: prepared?.can.names ?? [],
                    findings: findings,
                    instances: count
                )
            )
        }
        return statuses
    }
}

extension EngineCapabilities {
    /// In the order of the documentation.
    var names: [String] {
        [
            pause == nil ? nil : "pause", attachHome == nil ? nil : "attachHome", logs == nil ? nil : "logs",
            stats == nil ? nil : "stats", events == nil ? nil : "events",
        ].compactMap { $0 }
    }
}
