public import CarrelCore

extension MemoryStore {
    public func append(_ entry: RecordEntry) async throws { try transact("append") { $0.append(entry) } }

    public func record(after: Int64, limit: Int) async throws -> (entries: [ChainedEntry], next: Int64) {
        try transact("record") { content in
            let entries = Array(content.record.dropFirst(Int(max(0, after))).prefix(max(0, limit)))
            return (entries, max(0, after) + Int64(entries.count))
        }
    }

    public func verifyRecord() async throws -> String? {
        try transact("verifyRecord") { content in
            var previous = ChainedEntry.genesis
            for (index, entry) in content.record.enumerated() {
                guard entry.isIntact, entry.previous == previous, entry.sequence == Int64(index + 1) else {
                    return "entry \(index + 1) of chain \(entry.chain) is broken"
                }
                previous = entry.hash
            }
            return nil
        }
    }
}
