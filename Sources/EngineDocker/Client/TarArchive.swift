import CarrelCore

/// Archives of one entry (POSIX.1-1988, ustar), as the engine takes and gives them. Pure.
enum TarArchive {
    static let block = 512

    enum Entry {
        case program([UInt8])
        case directory(mode: UInt32, uid: UInt32, gid: UInt32)
    }

    /// `name` has at most 99 bytes; nil otherwise.
    static func of(_ name: String, _ entry: Entry) -> [UInt8]? {
        guard name.utf8.count < 100 else { return nil }
        var header = [UInt8](repeating: 0, count: block)
        func put(_ text: String, at offset: Int) {
            for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
        }
        func octal(_ value: Int, _ digits: Int) -> String {
            let text = String(value, radix: 8)
            return String(repeating: "0", count: digits - text.utf8.count) + text
        }
        var content: [UInt8] = []
        var (mode, uid, gid): (UInt32, UInt32, UInt32) = (0o755, 0, 0)
        switch entry {
        case .program(let bytes): content = bytes
        case .directory(let itsMode, let itsUID, let itsGID): (mode, uid, gid) = (itsMode, itsUID, itsGID)
        }
        // Seven octal digits are as many as the format has.
        guard max(uid, gid) < 1 << 21 else { return nil }
        put(name, at: 0)
        put(octal(Int(mode), 7), at: 100)
        put(octal(Int(uid), 7), at: 108)
        put(octal(Int(gid), 7), at: 116)
        put(octal(content.count, 11), at: 124)
        put("00000000000", at: 136)
        put("        ", at: 148)
        if case .directory = entry { put("5", at: 156) } else { put("0", at: 156) }
        put("ustar", at: 257)
        put("00", at: 263)
        put(octal(header.reduce(0) { $0 + Int($1) }, 6), at: 148)
        header[154] = 0
        header[155] = UInt8(ascii: " ")
        let padding = [UInt8](repeating: 0, count: (block - content.count % block) % block)
        return header + content + padding + [UInt8](repeating: 0, count: 2 * block)
    }

    /// Who owns the first entry of an archive, and whether it is the only one; nil if these bytes, its first two blocks,
    /// are none.
    static func first(_ bytes: [UInt8]) -> (owner: UInt32, isAlone: Bool)? {
        guard bytes.count >= 2 * block, bytes[0] != 0 else { return nil }
        let digits = bytes[108..<116].prefix { UInt8(ascii: "0")...UInt8(ascii: "7") ~= $0 }
        guard let owner = UInt32(String(decoding: digits, as: UTF8.self), radix: 8) else { return nil }
        return (owner, bytes[block..<(2 * block)].allSatisfy { $0 == 0 })
    }
}
