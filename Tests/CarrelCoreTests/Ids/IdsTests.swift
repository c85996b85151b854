import CarrelCore
import CarrelTesting
import Foundation
import Testing

@Suite("Identifiers")
struct IdsTests {
    @Test("A random id is its prefix and sixteen characters of base32, and reads back as itself")
    func randomIdsReadBack() {
        var random = SeededRandom(seed: 1)
        for _ in 0..<200 {
            let workspace = WorkspaceID(from: &random)
            #expect(workspace.description.wholeMatch(of: /ws-[a-z2-7]{16}/) != nil)
            #expect(WorkspaceID(workspace.description) == workspace)
            #expect(UserID(UserID(from: &random).description) != nil)
            #expect(SessionID(SessionID(from: &random).description) != nil)
            #expect(TokenID(TokenID(from: &random).description) != nil)
        }
    }

    @Test("Ids are in the order of their texts, and their bytes are read as their texts are")
    func orderAndBytes() throws {
        var random = SeededRandom(seed: 3)
        let ids = (0..<500).map { _ in WorkspaceID(from: &random) }
        #expect(ids.sorted().map(\.description) == ids.map(\.description).sorted())
        #expect(Set(ids).count == 500)
        for id in ids {
            let text = Array(id.description.utf8)
            #expect(text.withUnsafeBytes { WorkspaceID(utf8: $0) } == id)
            #expect(text.dropLast().withUnsafeBytes { WorkspaceID(utf8: $0) } == nil)
            #expect((text + [97]).withUnsafeBytes { WorkspaceID(utf8: $0) } == nil)
            #expect(Array(id.description.uppercased().utf8).withUnsafeBytes { WorkspaceID(utf8: $0) } == nil)
        }
    }

    @Test("Each of the eighty bits of an id comes from the random source")
    func everyBitVaries() {
        var random = SeededRandom(seed: 2)
        var seen = [Set<Character>](repeating: [], count: 16)
        for _ in 0..<2000 {
            for (place, character) in WorkspaceID(from: &random).description.dropFirst(3).enumerated() {
                seen[place].insert(character)
            }
        }
        #expect(seen.allSatisfy { $0.count == 32 })
    }

    @Test(
        "A text that is not exactly an id is refused",
        arguments: [
            "", "ws-", "ws-aaaaaaaaaaaaaaa", "ws-aaaaaaaaaaaaaaaaa", "ws-AAAAAAAAAAAAAAAA", "ws-aaaaaaaaaaaaaaa1",
            "ws-aaaaaaaaaaaaaaa/", "ws_aaaaaaaaaaaaaaaa", " ws-aaaaaaaaaaaaaaaa", "ws-aaaaaaaaaaaaaaaa\n",
            "ws-aaaaaaaaaaaaaaaé", "u-aaaaaaaaaaaaaaaa", "../../../../etc/pa",
        ]
    )
    func notAnId(text: String) {
        #expect(WorkspaceID(text) == nil)
        #expect(SessionID(text) == nil)
        #expect(TokenID(text) == nil)
    }

    @Test("The four kinds of random id are not mistaken for each other")
    func kindsAreApart() {
        let part = String(repeating: "a", count: 16)
        #expect(UserID("ws-" + part) == nil)
        #expect(WorkspaceID("u-" + part) == nil)
        #expect(TokenID("s-" + part) == nil)
        #expect(SessionID("t-" + part) == nil)
    }

    @Test(
        "Names of apps, engines and workspaces are labels of at most forty characters",
        arguments: ["a", "jupyter", "r-studio", "0", "9lives", String(repeating: "a", count: 40)]
    )
    func labels(text: String) {
        #expect(AppID(text)?.description == text)
        #expect(EngineName(text)?.description == text)
        #expect(WorkspaceName(text)?.description == text)
    }

    @Test(
        "What could mean something else in a path, a host name or a shell is no label",
        arguments: [
            "", "-a", "A", "a b", "a/b", "a.b", "a_b", "ä", "a\0", "..", "$x", String(repeating: "a", count: 41),
        ]
    )
    func notLabels(text: String) {
        #expect(AppID(text) == nil)
        #expect(EngineName(text) == nil)
        #expect(WorkspaceName(text) == nil)
    }

    @Test("An id is one JSON string, and a JSON string that is no id is refused")
    func idsAsJSON() throws {
        let id = try #require(UserID("u-abcdefghijklmnop"))
        let json = try JSONEncoder().encode([id])
        #expect(String(decoding: json, as: UTF8.self) == #"["u-abcdefghijklmnop"]"#)
        #expect(try JSONDecoder().decode([UserID].self, from: json) == [id])
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([UserID].self, from: Data(#"["ada"]"#.utf8))
        }
    }
}
