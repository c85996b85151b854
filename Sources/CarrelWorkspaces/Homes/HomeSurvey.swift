import CarrelCore
import Logging

/// Measures the homes of one engine, one at a time: each when a workspace that had it has ended, and once an hour while one
/// has it. Apart from the reconciler's loop, which never waits for it. What is due is told by the store, so that a restart
/// forgets nothing.
struct HomeSurvey: Sendable {
    let engine: EngineName
    let around: Surroundings
    let poked: Signal
    /// Open after the first pass over the engine.
    let settled: Latch

    /// While a workspace has it.
    static let interval = Duration.seconds(3600)
    /// Between two looks at what is due, and after one that failed.
    static let pause = Duration.seconds(60)
    /// Between two homes.
    static let rest = Duration.seconds(1)
    /// How often every file of a home with a quota is looked at: its owner may have taken the mark off some.
    static let wholeInterval = Duration.seconds(86_400)

    struct Due: Sendable {
        let record: HomeRecord
        let home: HomeMount
        let isWhole: Bool
    }

    /// Until the task is cancelled.
    func run() async {
        // By then the engine is prepared. Only cancellation ends the wait early.
        guard (try? await settled.wait()) != nil, around.engines.ifPrepared(engine)?.can.homes != nil else { return }
        var held: [HomeKey: Timestamp] = [:]
        var warned: Int?
        while !Task.isCancelled {
            if warned != around.rules.now.generation {
                warned = around.rules.now.generation
                for finding in await around.quotaFindings(of: engine) { around.logger.warning("\(finding.message)") }
            }
            let now = around.clock.now()
            held = held.filter { $0.value > now }
            do {
                if let due = try await next(held) {
                    held[due.record.key] = now + (await measure(due) ? Self.rest : Self.pause)
                    try? await around.clock.sleep(until: around.clock.now() + Self.rest)
                    continue
                }
            } catch is CancellationError { return } catch {
                around.logger.warning("homes on \(engine) can't be looked up: \(error)")
            }
            await poked.wait(until: now + Self.pause, on: around.clock)
        }
    }

    /// Whether it could be measured.
    private func measure(_ due: Due) async -> Bool {
        guard let homes = around.engines.ifPrepared(engine)?.can.homes else { return false }
        around.homes.answered(due.record.key)
        // What is written meanwhile may not be counted.
        let began = around.clock.now()
        do {
            let found = try await homes.measure(due.home, whole: due.isWhole)
            try await around.store.recordMeasurement(found, of: due.record.key, at: began)
            return true
        } catch is CancellationError { return false } catch {
            let isUsual = (error as? CarrelError)?.code == .conflict
            around.logger.log(level: isUsual ? .debug : .warning, "a home of \(due.record.owner): \(error)")
            return false
        }
    }

    /// What is due most; nil if nothing is.
    func next(_ held: [HomeKey: Timestamp]) async throws -> Due? {
        var records: [HomeKey: HomeRecord] = [:]
        for record in try await around.store.homes() where record.key.engine == engine { records[record.key] = record }
        var used: Set<HomeKey> = []
        for row in try await around.store.living() where row.engine == engine && row.isOpen {
            guard let location = row.home, let owner = row.owner,
                let rule = around.rules.now.known(row).app.home?.rule
            else { continue }
            let key = HomeKey(engine: engine, location: location)
            used.insert(key)
            if records[key] == nil {
                records[key] = try await around.store.ensureHome(key, home: rule.id, owner: owner, projects: nil)
            }
        }
        let now = around.clock.now()
        let waiting = records.values.filter { record in
            held[record.key] == nil
                && (around.homes.isAsked(record.key) || record.isDue(used: used.contains(record.key), now: now))
        }
        for record in waiting.sorted(by: { ($0.measuredAt?.milliseconds ?? 0) < ($1.measuredAt?.milliseconds ?? 0) }) {
            if let due = try await due(record, now: now) { return due }
        }
        return nil
    }

    /// Nil for one that no app has any more.
    private func due(_ record: HomeRecord, now: Timestamp) async throws -> Due? {
        let rules = around.rules.now
        let uses = rules.order.lazy.compactMap { rules.current($0)?.app.home }
        guard let use = uses.first(where: { $0.rule.id == record.home && $0.rule.engine == engine }),
            let owner = try await around.store.user(record.owner)
        else { return nil }
        let home = HomeMount(
            location: record.key.location,
            mount: use.mount,
            storageUID: owner.storageUID,
            driver: use.rule.driver,
            options: use.rule.options,
            quota: try await around.homes.quota(record.key, rule: use.rule, owner: owner.id)
        )
        let isWhole = home.quota != nil && (record.wholeAt.map { now - $0 >= Self.wholeInterval } ?? true)
        return Due(record: record, home: home, isWhole: isWhole)
    }
}

extension HomeRecord {
    /// Whether it is time to measure it; `used`: an open workspace has it.
    func isDue(used: Bool, now: Timestamp) -> Bool {
        guard let measuredAt else { return used || leftAt != nil }
        if let leftAt, leftAt > measuredAt { return true }
        return used && now - measuredAt >= HomeSurvey.interval
    }
}
