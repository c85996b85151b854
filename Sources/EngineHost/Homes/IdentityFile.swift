package import CarrelCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `identity.json` in a workspace's runtime directory: who it belongs to.
package enum IdentityFile {
    /// The directory is the workspace's own, which may have put anything there: the file is made anew and put in place,
    /// never written through a link.
    package static func write(_ identity: WorkspaceIdentity, to path: String, owner: UInt32?) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try SystemFile.replace(path, with: encoder.encode(identity) + Data("\n".utf8), owner: owner)
    }
}
