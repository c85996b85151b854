public import CarrelCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a backup says of itself: `manifest.json` beside the database's copy.
public struct BackupManifest: Hashable, Sendable, Codable {
    /// A home, and whether its files are in the backup.
    public struct Home: Hashable, Sendable, Codable {
        /// The configured name, such as `team`.
        public var home: String
        public var key: HomeKey
        public var owner: UserID
        /// Where its files lay; nil: they are not in the backup.
        public var place: String?
        /// Why not.
        public var because: String?
    }

    static let fileName = "manifest.json"
    /// Of this file.
    static let currentFormat = 1

    public var format = Self.currentFormat
    /// The version that wrote it.
    public var carrel: String
    /// Of the database, by number.
    public var schema: Int
    public var at: Timestamp
    public var deployment: String
    /// Where the configuration file was.
    public var configuration: String
    /// The state directory then.
    public var state: String
    public var homes: [Home]

    func write(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try BackupFiles.write([UInt8](try encoder.encode(self)), to: path)
    }

    static func read(_ bytes: some Sequence<UInt8>, from place: String) throws -> BackupManifest {
        let manifest: BackupManifest
        do {
            manifest = try JSONDecoder().decode(Self.self, from: Data(bytes))
        } catch {
            throw CarrelError(.invalid, "\(place) is no backup of Carrel: its \(fileName) can't be read.", cause: error)
        }
        guard manifest.format <= currentFormat else {
            throw CarrelError(
                .invalid,
                "\(place) was written by a newer version, \(manifest.carrel): restore it with that."
            )
        }
        return manifest
    }
}
