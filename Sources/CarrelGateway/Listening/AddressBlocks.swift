import NIOCore

/// A set of CIDR blocks. IPv4 addresses count as the IPv6 ones that they map to.
struct AddressBlocks: Sendable {
    private struct Block: Sendable {
        let bytes: [UInt8]
        let bits: Int
    }

    private var blocks: [Block] = []

    /// What is no address or block is left out and returned in `refused`.
    init(_ texts: [String], refused: inout [String]) {
        for text in texts {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count <= 2, let bytes = Self.bytes(String(parts[0])) else {
                refused.append(text)
                continue
            }
            let isShort = !parts[0].contains(":")
            let width = isShort ? 32 : 128
            guard let bits = parts.count == 1 ? width : Int(parts[1]), (0...width).contains(bits) else {
                refused.append(text)
                continue
            }
            blocks.append(Block(bytes: bytes, bits: isShort ? bits + 96 : bits))
        }
    }

    var isEmpty: Bool { blocks.isEmpty }

    /// False for a text that is no address.
    func contains(_ address: String) -> Bool {
        guard !blocks.isEmpty, let bytes = Self.bytes(address) else { return false }
        return blocks.contains { block in
            let whole = block.bits / 8
            guard bytes[..<whole].elementsEqual(block.bytes[..<whole]) else { return false }
            let rest = block.bits % 8
            return rest == 0 || (bytes[whole] ^ block.bytes[whole]) >> UInt8(8 - rest) == 0
        }
    }

    /// Sixteen bytes; nil if the text is no numeric address.
    static func bytes(_ address: String) -> [UInt8]? {
        guard let socket = try? SocketAddress(ipAddress: address, port: 0) else { return nil }
        // `sockaddr_in` has the address at 4, `sockaddr_in6` at 8, on Linux and Darwin alike.
        return socket.withSockAddr { pointer, size in
            let raw = UnsafeRawBufferPointer(start: pointer, count: size)
            switch socket {
            case .v4: return [UInt8](repeating: 0, count: 10) + [255, 255] + Array(raw[4..<8])
            case .v6: return Array(raw[8..<24])
            case .unixDomainSocket: return nil
            }
        }
    }
}
