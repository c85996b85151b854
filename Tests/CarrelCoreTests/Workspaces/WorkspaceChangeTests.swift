import CarrelCore
import Testing

/// What each change does in each phase, as the design's table says; nil: refused.
private let table: [(change: WorkspaceChange, becomes: [Phase: Phase])] = [
    (.admitted(definition: "d2"), [.queued: .starting, .starting: .starting]),
    (.started, [.starting: .starting]),
    (.ready(.tcp(host: "127.0.0.1", port: 1), extra: [:]), [.starting: .ready, .ready: .ready]),
    (.handedOver(home: "/h", nil), [.ready: .ready]),
    (.paused, [.ready: .paused, .paused: .paused]),
    (.resumed, [.paused: .ready, .ready: .ready]),
    (
        .stopping(.user),
        [.queued: .ended, .starting: .stopping, .ready: .stopping, .paused: .stopping, .stopping: .stopping]
    ),
    (
        .ended(.lost, log: "bye"),
        [
            .queued: .ended, .starting: .ended, .ready: .ended, .paused: .ended, .stopping: .ended, .ended: .ended,
        ]
    ),
    (
        .traced(ClaimTrace(source: .spare)),
        [.queued: .queued, .starting: .starting, .ready: .ready, .paused: .paused, .stopping: .stopping]
    ),
]

@Suite("A workspace's life")
struct WorkspaceChangeTests {
    private let then = Timestamp(milliseconds: 1000)
    private let now = Timestamp(milliseconds: 2000)

    @Test("A change does in each phase what the table says, and is refused in all others", arguments: table.indices)
    func followsTheTable(index: Int) throws {
        let (change, becomes) = table[index]
        for phase in Phase.allCases {
            let before = try Sample.owned(phase, at: then)
            guard let expected = becomes[phase] else {
                #expect(throws: ChangeRefused.self, "\(change.verb) in \(phase)") {
                    try before.applying(change, at: now)
                }
                continue
            }
            let after = try before.applying(change, at: now)
            #expect(after.phase == expected, "\(change.verb) in \(phase)")
            #expect(after.owner == before.owner)
            #expect(after.name == before.name)
        }
    }

    @Test("The same change again, later, changes nothing but the last activity", arguments: table.indices)
    func idempotent(index: Int) throws {
        let (change, becomes) = table[index]
        let later = now + .seconds(60)
        for phase in becomes.keys {
            let once = try Sample.owned(phase, at: then).applying(change, at: now)
            // A queued workspace that was stopped has ended: there is nothing left to stop.
            if once.phase == .ended, change.verb == "stopping" { continue }
            let twice = try once.applying(change, at: later)
            #expect(twice.active(at: later) == once.active(at: later), "\(change.verb) in \(phase)")
        }
    }

    @Test("A spare is handed over only after it was claimed")
    func handoverNeedsAnOwner() throws {
        let spare = try Sample.spare(.ready, at: then)
        #expect(throws: ChangeRefused.self) { try spare.applying(.handedOver(home: nil, nil), at: now) }
        let ada = try #require(UserID("u-abcdefghijklmnop"))
        let given = try #require(spare.claimed(by: ada, name: .unnamed, at: now))
        #expect(!given.isOpen)
        #expect(try given.applying(.handedOver(home: "/h", nil), at: now).isOpen)
    }

    @Test("A spare is claimed once; what has an owner or is on its way out can't be", arguments: Phase.allCases)
    func claimedOnce(phase: Phase) throws {
        let ada = try #require(UserID("u-abcdefghijklmnop"))
        #expect(try Sample.owned(phase, at: then).claimed(by: ada, name: .unnamed, at: now) == nil)
        guard phase != .queued else { return }
        let given = try Sample.spare(phase, at: then).claimed(by: ada, name: .unnamed, at: now)
        #expect((given != nil) == (phase == .starting || phase == .ready))
        #expect(given.map { $0.owner == ada && $0.claimedAt == now && $0.lastActiveAt == now } ?? true)
    }

    @Test("The first reason stays, the last lines are kept, and no more than fit")
    func endings() throws {
        let stopping = try Sample.owned(.ready, at: then).applying(.stopping(.idle), at: now)
        let log = String(repeating: "x", count: Workspace.lastLogLimit) + "the end"
        let ended = try stopping.applying(.ended(.lost, log: log), at: now)
        #expect(ended.reason == .idle)
        #expect(ended.endedAt == now)
        #expect(ended.lastLog.utf8.count == Workspace.lastLogLimit)
        #expect(ended.lastLog.hasSuffix("the end"))
    }

    @Test("Activity only moves forward")
    func activity() throws {
        let workspace = try Sample.owned(.ready, at: then).active(at: now)
        #expect(workspace.lastActiveAt == now)
        #expect(workspace.active(at: then).lastActiveAt == now)
    }

    @Test("A refusal says in words what is and what was asked")
    func refusal() throws {
        let ended = try Sample.owned(.ended, at: then)
        let refused = #expect(throws: ChangeRefused.self) { try ended.applying(.paused, at: now) }
        #expect(refused?.description == "workspace ws-abcdefghijklmnop is ended: paused does not apply")
    }

    @Test("A reason reads back as itself, also one with a sentence")
    func reasons() {
        let reasons: [EndReason] = [
            .idle, .lifetime, .user, .operator, .replaced, .lost, .failed("The command exited: 1."),
        ]
        for reason in reasons { #expect(EndReason(reason.description) == reason) }
        #expect(EndReason("bored") == nil)
    }
}

/// Workspaces that came to a phase by the changes that lead there.
private enum Sample {
    static func owned(_ phase: Phase, at moment: Timestamp) throws -> Workspace {
        let ada = try #require(UserID("u-qrstuvwxyz234567"))
        if phase == .queued { return try make(owner: ada, phase: .queued, at: moment) }
        return try advance(make(owner: ada, phase: .starting, at: moment), to: phase, at: moment)
    }

    static func spare(_ phase: Phase, at moment: Timestamp) throws -> Workspace {
        try advance(make(owner: nil, phase: .starting, at: moment), to: phase, at: moment)
    }

    private static func advance(_ workspace: Workspace, to phase: Phase, at moment: Timestamp) throws -> Workspace {
        let endpoint = Endpoint.tcp(host: "127.0.0.1", port: 1)
        let changes: [WorkspaceChange] =
            switch phase {
            case .queued, .starting: [.started]
            case .ready: [.started, .ready(endpoint, extra: [:])]
            case .paused: [.started, .ready(endpoint, extra: [:]), .paused]
            case .stopping: [.stopping(.user)]
            case .ended: [.ended(.user, log: "")]
            }
        return try changes.reduce(workspace) { try $0.applying($1, at: moment) }
    }

    private static func make(owner: UserID?, phase: Phase, at moment: Timestamp) throws -> Workspace {
        Workspace(
            id: try #require(WorkspaceID("ws-abcdefghijklmnop")),
            app: try #require(AppID("lab")),
            engine: try #require(EngineName("local")),
            definition: "d1",
            token: "t",
            owner: owner,
            phase: phase,
            createdAt: moment
        )
    }
}
