import CarrelCore

/// What was written to the record about why a workspace lives.
struct RecordedVerdict: Hashable, Sendable {
    var cause: String
    var at: Timestamp
}

extension EngineLoop {
    /// Later activity goes to the store every few seconds; computing counts, so that it outlives a restart.
    func recordActivity(_ rows: [Workspace], _ traffic: [WorkspaceID: Traffic]) async throws {
        try await recordFirstBytes(rows, traffic)
        let now = around.clock.now()
        if let last = activityWrittenAt, now - last < around.pacing.activityEvery { return }
        var moments: [WorkspaceID: Timestamp] = [:]
        for row in rows where row.isOpen {
            let known = [traffic[row.id]?.lastActiveAt, notes[row.id]?.computedAt].compactMap { $0 }.max()
            guard let known, known > max(row.lastActiveAt ?? row.createdAt, writtenActivity[row.id] ?? row.createdAt)
            else { continue }
            moments[row.id] = known
        }
        guard !moments.isEmpty else { return }
        activityWrittenAt = now
        try await around.store.recordActivity(moments)
        writtenActivity.merge(moments) { _, new in new }
    }

    private func recordFirstBytes(_ rows: [Workspace], _ traffic: [WorkspaceID: Traffic]) async throws {
        let awaiting = around.traces.awaitingFirstByte
        guard !awaiting.isEmpty else { return }
        for row in rows {
            guard var trace = awaiting[row.id], let first = traffic[row.id]?.firstByteAt, let claimed = row.claimedAt
            else { continue }
            trace.firstByte = (first - claimed).fractionalMilliseconds
            try await hands.apply(.traced(trace), to: row.id)
            around.traces.forget(row.id)
        }
    }

    /// Nil when it is not time yet, or nobody wants to know.
    func beginMeasuring(_ rows: [Workspace]) -> Job? {
        let now = around.clock.now()
        let rules = around.rules.now
        guard !isMeasuring, let stats = around.engines.ifPrepared(engine.name)?.can.stats,
            measuredAt.map({ now - $0 >= around.pacing.measureEvery }) ?? true,
            rows.contains(where: { $0.isOpen && rules.known($0).app.idle.busy.cpu != nil })
        else { return nil }
        isMeasuring = true
        measuredAt = now
        return {
            let readings = try? await stats.stats()
            await self.measured(readings ?? [:])
        }
    }

    private func measured(_ readings: [WorkspaceID: InstanceStats]) async {
        isMeasuring = false
        let now = around.clock.now()
        guard !readings.isEmpty, let rows = try? await around.store.living() else { return }
        for row in rows where row.isOpen {
            guard let reading = readings[row.id], notes[row.id] != nil else { continue }
            let policy = around.rules.now.known(row).app.idle.busy
            notes[row.id]?.cpu.add(reading.cpuTime, at: now, window: policy.over)
            guard let limit = policy.cpu, let mean = notes[row.id]?.cpu.mean(over: policy.over, now: now), mean >= limit
            else { continue }
            notes[row.id]?.computedAt = now
            notes[row.id]?.computed = "\(percent(mean)) of a core"
        }
    }

    /// Why it lives is recorded when that changes, and once in a while after that.
    func recordVerdicts(_ rows: [Workspace], _ observed: Observed) async throws {
        let now = around.clock.now()
        for row in rows {
            guard case .keep(let because, let cause, _) = standing[row.id], cause != "never" else { continue }
            if let last = recorded[row.id], last.cause == cause, now - last.at < .seconds(900) { continue }
            recorded[row.id] = RecordedVerdict(cause: cause, at: now)
            let app = around.rules.now.known(row).app
            let inputs = IdleInputs(row, app: app, observed: observed, pacing: around.pacing, now: now)
            try await hands.decide(.kept, row, because: because, inputs: inputs.described)
        }
    }
}
