import CarrelCore
import CarrelTesting
import Testing

@testable import CarrelWorkspaces

@Suite("Planning")
struct PlannerTests {
    @Test("What is as wanted needs nothing, and the plan says when to look again")
    func settled() throws {
        var picture = Picture()
        let app = try App.lab(spares: 1, idle: IdlePolicy(after: .seconds(1800)))
        let rows = [try picture.spare(app, readyAt: picture.start), try picture.owned(app, openAt: picture.start)]
        let plan = picture.plan([app], rows)
        #expect(plan.actions == [])
        #expect(plan.wakeAt == picture.start + .seconds(1800))
    }

    @Test("Without a listing nothing is lost, started as a spare, or destroyed")
    func blind() throws {
        var picture = Picture()
        let app = try App.lab(spares: 3)
        let rows = [try picture.spare(app, readyAt: picture.start), try picture.owned(app, openAt: picture.start)]
        let plan = picture.plan([app], rows) { $0.instances = nil }
        #expect(plan.actions == [])
        #expect(plan.missing == [:])
    }

    @Test("In a hurry only what was claimed and never started is started, within the bound, and nothing else is done")
    func hurried() throws {
        var picture = Picture()
        let app = try App.lab(spares: 3)
        let open = try picture.owned(app, openAt: picture.start)
        let told = try picture.spare(app).applying(.started, at: picture.start)
        let waiting = try (0..<5).map { _ -> Workspace in
            let spare = try picture.spare(app)
            return try #require(spare.claimed(by: UserID(from: &picture.random), name: .unnamed, at: picture.start))
        }
        let rows = [open, told] + waiting
        #expect(picture.plan([app], rows) { $0.instances = nil }.actions == [], "the engine does not answer")
        func starts(_ change: (inout Observed) -> Void = { _ in }) -> [Action] {
            var observed = Observed()
            change(&observed)
            return Planner.starts(
                wanted: rows,
                observed: observed,
                rules: Rulebook(WorkspaceRules(deployment: "test", apps: [app])),
                pacing: Pacing(startsAtOnce: 4),
                now: picture.start
            )
        }
        #expect(starts() == waiting.prefix(4).map { .start($0.id) })
        let others = starts {
            $0.touched = [waiting[0].id]
            $0.leaving = [waiting[1].id]
            $0.preparing = [waiting[2].id]
            $0.notes[waiting[3].id] = WorkspaceNotes(heldUntil: picture.start + .seconds(1))
        }
        #expect(others == [.start(waiting[4].id)])
    }

    @Test("What was touched while the engine was listed is left for the next look")
    func touched() throws {
        var picture = Picture()
        let app = try App.lab()
        let open = try picture.owned(app, openAt: picture.start)
        let stray = picture.running(try picture.spare(app))
        let plan = picture.plan([app], [open], instances: [stray]) { $0.touched = [open.id, stray.workspace] }
        #expect(plan.actions == [])
        let untouched = picture.plan([app], [open], instances: [stray])
        #expect(untouched.actions == [.destroyStray(stray.workspace)])
        #expect(untouched.missing[open.id] == picture.start)
    }

    @Test("Those that somebody waits for start before spares do, within the bound")
    func order() throws {
        var picture = Picture()
        let app = try App.lab(spares: 5)
        let waiting = try (0..<6).map { _ -> Workspace in
            let spare = try picture.spare(app)
            return try #require(spare.claimed(by: UserID(from: &picture.random), name: .unnamed, at: picture.start))
        }
        let plan = picture.plan([app], waiting)
        #expect(plan.actions.prefix(4) == waiting.prefix(4).map { .start($0.id) }[...])
        #expect(plan.actions.dropFirst(4) == Array(repeating: .addSpare(app.id), count: 4)[...])
    }

    @Test("A decision that failed waits for its time")
    func held() throws {
        var picture = Picture()
        let app = try App.lab()
        let row = try picture.owned(app, openAt: picture.start).applying(.stopping(.user), at: picture.start)
        let until = picture.start + .seconds(8)
        let plan = picture.plan([app], [row]) { $0.notes[row.id] = WorkspaceNotes(heldUntil: until) }
        #expect(plan.actions == [])
        #expect(plan.wakeAt == until)
        #expect(picture.plan([app], [row], now: until).actions == [.takeDown(row.id, .goOn)])
    }

    @Test("What the store and the engine say differently about pausing follows the store")
    func pausing() throws {
        var picture = Picture()
        let app = try App.lab()
        let ready = try picture.owned(app, openAt: picture.start)
        let paused = try picture.owned(app, openAt: picture.start).applying(.paused, at: picture.start)
        var frozen = picture.running(ready)
        frozen.state = .paused
        let plan = picture.plan([app], [ready, paused], instances: [frozen, picture.running(paused)])
        #expect(plan.actions == [.thaw(ready.id), .freeze(paused.id)])
    }

    @Test("A route is published again when the address, the pause or the rules changed")
    func routes() throws {
        var picture = Picture()
        let app = try App.lab()
        let row = try picture.owned(app, openAt: picture.start)
        #expect(picture.plan([app], [row]) { $0.published = [:] }.actions == [.publish(row.id)])
        let older = PublishedRoute(row, rules: 0)
        #expect(picture.plan([app], [row]) { $0.published = [row.id: older] }.actions == [.publish(row.id)])
        let gone = try picture.spare(app)
        let plan = picture.plan([app], [row]) { $0.published[gone.id] = PublishedRoute(gone, rules: 1) }
        #expect(plan.actions == [.withdraw(gone.id)])
    }

    @Test("Ten times the workspaces take about ten times as long to plan")
    func linear() throws {
        var picture = Picture()
        let app = try App.lab(spares: 100, idle: IdlePolicy(after: .seconds(1800), busy: BusyPolicy(cpu: 0.05)))
        let rows = try (0..<10_000).map { _ in try picture.owned(app, openAt: picture.start) }
        let small = Array(rows.prefix(1000))
        func fastest(_ rows: [Workspace]) -> Duration {
            (0..<5).map { _ in ContinuousClock().measure { _ = picture.plan([app], rows) } }.min() ?? .zero
        }
        let (few, many) = (fastest(small), fastest(rows))
        // Quadratic would be a hundred times; the rest is room for a busy machine.
        #expect(many < few * 40, "1,000: \(few), 10,000: \(many)")
    }
}
