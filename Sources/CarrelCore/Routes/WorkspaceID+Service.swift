import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension WorkspaceID {
    /// What stands for a service of this name in routes and cookies: the same after every restart, so that who is in stays
    /// in. 80 bits of SHA-256.
    public init(service name: String, deployment: String) {
        var source = DigestSource(SHA256.hash(data: Data("\(deployment)\n\(name)".utf8)))
        self.init(from: &source)
    }
}

/// The bits of a digest, in their order.
private struct DigestSource: RandomNumberGenerator {
    private var bytes: [UInt8]

    init(_ digest: SHA256.Digest) { bytes = Array(digest) }

    mutating func next() -> UInt64 {
        defer { bytes.removeFirst(min(8, bytes.count)) }
        return bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
