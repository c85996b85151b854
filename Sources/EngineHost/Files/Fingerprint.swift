extension Sequence where Element == UInt8 {
    /// Tells things apart in short names: FNV-1a, 64 bits (RFC 9923). No secret and no guard against forgery.
    package var fingerprint: UInt64 {
        reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
