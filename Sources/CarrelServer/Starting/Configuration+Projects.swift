import CarrelConfig
import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Configuration {
    /// Project ids for homes with a quota, where the configuration names none: a million, one of two thousand ranges, so that
    /// two deployments of a machine hardly meet, and far from where people and Docker begin to count.
    var derivedProjects: ClosedRange<UInt32> {
        let digest = SHA256.hash(data: Data("\(deployment)\n\(state)".utf8))
        let number = digest.prefix(2).reduce(UInt32(0)) { $0 << 8 | UInt32($1) } % 2048
        let first = (UInt32(1) << 30) + (number << 20)
        return first...first + ((UInt32(1) << 20) - 1)
    }
}
