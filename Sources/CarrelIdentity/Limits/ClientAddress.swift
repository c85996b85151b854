#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What counts as one client: an IPv4 address, or the /64 network of an IPv6 address, since whoever has one address of
/// it has them all.
enum ClientAddress {
    /// The same text for the same client, at most 64 characters. What is no address stands for itself.
    static func key(_ address: String) -> String {
        var bytes = [UInt8](repeating: 0, count: 16)
        // An address of a link has its interface after a percent sign.
        let plain = String(address.prefix { $0 != "%" })
        guard inet_pton(AF_INET6, plain, &bytes) == 1 else { return String(address.prefix(64)) }
        if bytes.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255] {
            return bytes.suffix(4).map { "\($0)" }.joined(separator: ".")
        }
        let groups = stride(from: 0, to: 8, by: 2).map { Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]) }
        return groups.map { String($0, radix: 16) }.joined(separator: ":") + "::/64"
    }
}
