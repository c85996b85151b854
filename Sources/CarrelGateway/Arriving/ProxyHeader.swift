import NIOCore

/// The header of the PROXY protocol, version 2 (haproxy.org, proxy-protocol.txt, section 2.2): a load balancer tells
/// before the first byte of a connection from where it came.
///
/// Version 1 is not read: it is the same in text, and one way to be told is enough to keep right.
enum ProxyHeader {
    enum Read: Equatable {
        case incomplete
        /// `address`: the client's, numeric; nil where the header says none, as health checks do. `length`: in bytes.
        case complete(address: String?, length: Int)
        case malformed
    }

    static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
    /// Beside addresses it may carry what nobody here reads: host names, TLS details. AWS and HAProxy send some hundreds.
    static let longest = 4096

    static func read(_ buffer: ByteBuffer) -> Read {
        let bytes = buffer.readableBytesView
        guard bytes.prefix(signature.count).elementsEqual(signature.prefix(bytes.count)) else { return .malformed }
        guard bytes.count >= 16, let versionAndCommand = byte(buffer, 12), let family = byte(buffer, 13),
            let length = buffer.getInteger(at: buffer.readerIndex + 14, as: UInt16.self)
        else { return .incomplete }
        let whole = 16 + Int(length)
        guard versionAndCommand >> 4 == 2, whole <= longest else { return .malformed }
        guard bytes.count >= whole else { return .incomplete }
        switch (versionAndCommand & 15, family) {
        case (0, _): return .complete(address: nil, length: whole)
        // Of a family that is not told, or of a unix socket: the connection's own address stands.
        case (1, 0x00), (1, 0x31), (1, 0x32): return .complete(address: nil, length: whole)
        case (1, 0x11): return address(buffer, bytes: 4, needed: 12, length, whole)
        case (1, 0x21): return address(buffer, bytes: 16, needed: 36, length, whole)
        default: return .malformed
        }
    }

    private static func byte(_ buffer: ByteBuffer, _ offset: Int) -> UInt8? {
        buffer.getInteger(at: buffer.readerIndex + offset)
    }

    private static func address(_ buffer: ByteBuffer, bytes: Int, needed: Int, _ length: UInt16, _ whole: Int) -> Read {
        guard Int(length) >= needed, let packed = buffer.getSlice(at: buffer.readerIndex + 16, length: bytes),
            let address = try? SocketAddress(packedIPAddress: packed, port: 0).ipAddress
        else { return .malformed }
        return .complete(address: address, length: whole)
    }
}
