extension Sequence where Element == UInt8 {
    /// Tells things apart in short names: FNV-1a, 64 bits (RFC 9923). No secret and no guard against forgery.
    package var fingerprint: UInt64 {
        reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    /// Its lower half as eight hexadecimal digits: names control groups, firewall chains and bridges of one directory.
    package var fingerprintDigits: String {
        let digits = String(fingerprint & 0xffff_ffff, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
