import CarrelTesting
import Testing

@testable import EngineDocker

@Suite("Blocks of addresses for workspaces' networks")
struct SubnetPoolTests {
    @Test(
        "Whatever is taken and given back in whatever order, no two have a block in common",
        arguments: 1...20 as ClosedRange<UInt64>
    )
    func apart(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let bits = Int.random(in: 20...29, using: &random)
        let block = "10.\(Int.random(in: 0...255, using: &random)).16.0/\(bits)"
        var pool = SubnetPool(block: block)
        let foreign = "\(block.split(separator: "/")[0])/\(min(32, bits + Int.random(in: 1...6, using: &random)))"
        pool.take([foreign, "192.168.0.0/16"])
        var held: [String] = []
        for _ in 0..<300 {
            if Bool.random(using: &random) || held.isEmpty {
                guard let next = pool.next() else {
                    if held.isEmpty { break }
                    continue
                }
                #expect(SubnetPool.overlap(next, block))
                #expect(!SubnetPool.overlap(next, foreign))
                #expect(!held.contains { SubnetPool.overlap($0, next) })
                held.append(next)
            } else {
                let given = held.remove(at: Int.random(in: 0..<held.count, using: &random))
                pool.give(back: given)
            }
        }
    }

    @Test("A block holds as many networks as it has eights of addresses, and again after they were given back")
    func exhausted() throws {
        var pool = SubnetPool(block: "10.1.2.77/27")
        let all = (0..<4).compactMap { _ in pool.next() }
        #expect(all == ["10.1.2.64/29", "10.1.2.72/29", "10.1.2.80/29", "10.1.2.88/29"])
        #expect(pool.next() == nil)
        pool.give(back: all[2])
        #expect(pool.next() == all[2])
        #expect(pool.next() == nil)
        #expect(SubnetPool.containerAddress(in: all[0]) == "10.1.2.66")
    }

    @Test("What others have of the block is never given away, be it larger or smaller than a network")
    func others() throws {
        var pool = SubnetPool(block: "10.1.2.0/27")
        pool.take(["10.1.2.9/32", "10.1.2.16/28"])
        #expect(pool.next() == "10.1.2.0/29")
        #expect(pool.next() == nil)
        var none = SubnetPool(block: "10.1.2.0/24")
        none.take(["10.0.0.0/8"])
        #expect(none.next() == nil)
        var all = SubnetPool(block: "10.1.2.0/29")
        all.take(["10.1.1.0/24", "10.1.3.0/24", "fd00::/8", "nonsense"])
        #expect(all.next() == "10.1.2.0/29")
    }

    @Test(
        "A block that can't be read has no room",
        arguments: [
            "", "10.0.0.0", "10.0.0.0/30", "10.0.0.0/33", "10.0.0/16", "10.0.0.256/16", "fd00::/64", "10.0.0.0/-1",
            "10.0.0.0/8/8",
        ]
    )
    func bad(_ block: String) {
        var pool = SubnetPool(block: block)
        #expect(pool.next() == nil)
        pool.take(["10.0.0.0/8"])
        pool.give(back: "10.0.0.0/29")
        #expect(pool.next() == nil)
    }

    @Test("The largest block that can be written is no trouble")
    func everything() {
        var pool = SubnetPool(block: "0.0.0.0/0")
        #expect(pool.next() == "0.0.0.0/29")
        pool.take(["255.255.255.248/29"])
    }
}
