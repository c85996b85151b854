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
            var ends: [String: ChainedEntry] = [:]
            for entry in content.record {
                let end = ends[entry.chain]
                guard entry.isIntact, entry.previous == end?.hash ?? ChainedEntry.genesis,
                    entry.sequence == (end?.sequence ?? 0) + 1
                else { return "entry \(entry.sequence) of chain \(entry.chain) is broken" }
                ends[entry.chain] = entry
            }
            return nil
        }
    }
}
