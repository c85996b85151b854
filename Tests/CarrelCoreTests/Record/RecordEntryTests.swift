import CarrelCore
import CarrelTesting
import Foundation
import Testing

@Suite("The record's chain")
struct RecordEntryTests {
    private static func link(_ details: [String: String] = ["b": "2", "a": "1"]) throws -> ChainedEntry {
        let entry = RecordEntry(
            at: Timestamp(milliseconds: 1_767_323_045_678),
            kind: "workspace.claimed",
            actor: .user(try #require(UserID("u-abcdefghijklmnop"))),
            workspace: WorkspaceID("ws-abcdefghijklmnop"),
            details: details
        )
        return ChainedEntry(chain: "hub", sequence: 1, entry: entry, previous: ChainedEntry.genesis)
    }

    @Test("An entry stays intact through JSON, for every millisecond")
    func roundTrip() throws {
        for millisecond in 0..<1000 {
            let entry = RecordEntry(
                at: Timestamp(milliseconds: 1_767_323_045_000 + Int64(millisecond)),
                kind: "session.created",
                actor: .commandLine
            )
            let link = ChainedEntry(chain: "hub", sequence: 7, entry: entry, previous: ChainedEntry.genesis)
            let again = try JSONDecoder().decode(ChainedEntry.self, from: JSONEncoder().encode(link))
            #expect(again == link)
            #expect(again.isIntact)
        }
    }

    @Test("The hash is the same in every process, whatever the order of the details")
    func stable() throws {
        // As any other program computes it: SHA-256 of the previous hash, chain, sequence and the sorted JSON, a line each.
        #expect(try Self.link().hash == "6a59b525122c2ef36d5d91fdb5063038f1abca81041bed11b47e23d8bd78578e")
    }

    @Test(
        "Whatever is changed afterwards shows",
        arguments: [
            (#""a":"1""#, #""a":"2""#), (#""sequence":1"#, #""sequence":2"#), (#""chain":"hub""#, #""chain":"hux""#),
            ("workspace.claimed", "workspace.ended"), ("u-abcdefghijklmnop", "u-abcdefghijklmnoq"),
            ("ws-abcdefghijklmnop", "ws-abcdefghijklmnoq"), ("05.678Z", "05.679Z"),
            (ChainedEntry.genesis, String(repeating: "1", count: 64)),
        ]
    )
    func tampering(what: String, by: String) throws {
        let json = String(decoding: try JSONEncoder().encode(try Self.link()), as: UTF8.self)
        let changed = json.replacingOccurrences(of: what, with: by)
        #expect(changed != json)
        let link = try JSONDecoder().decode(ChainedEntry.self, from: Data(changed.utf8))
        #expect(!link.isIntact)
    }
}
