import CarrelCore
import Testing

@testable import CarrelSQLite

@Suite("Decisions")
struct DecisionsTests {
    @Test("Of ever new reasons to keep a workspace the latest fifty stay, and everything else stays too")
    func bounded() async throws {
        try await withSQLiteStore { store in
            let ada = try await member("ada", store)
            let claim = try await store.claim(request(ada.id), by: .hub, at: Timestamp(milliseconds: 0))
            func decide(_ verdict: Decision.Verdict, _ number: Int) async throws {
                let decision = Decision(
                    at: Timestamp(milliseconds: Int64(number)),
                    workspace: claim.workspace.id,
                    app: claim.workspace.app,
                    user: ada.id,
                    verdict: verdict,
                    because: "busy for \(number) min"
                )
                try await store.addDecision(decision)
            }
            try await decide(.given, 0)
            for number in 1...120 { try await decide(.kept, number) }
            let kept = try await store.decisions(workspace: claim.workspace.id, limit: 1000)
            #expect(kept.count == 51)
            #expect(kept.first?.because == "busy for 120 min")
            #expect(kept.last?.verdict == .given)
        }
    }
}
