/// What only container engines understand of an app.
public struct ContainerRules: Hashable, Sendable, Encodable {
    /// As whom it runs. Nil: as the image says.
    public var user: UserNumbers?
    /// The image's files can't be changed inside.
    public var isReadOnly: Bool
    /// Linux capabilities beyond the default, without `CAP_`.
    public var capabilities: [String]
    public var volumes: [TeamVolume]

    public init(
        user: UserNumbers? = nil,
        isReadOnly: Bool = false,
        capabilities: [String] = [],
        volumes: [TeamVolume] = []
    ) {
        self.user = user
        self.isReadOnly = isReadOnly
        self.capabilities = capabilities
        self.volumes = volumes
    }
}

/// A volume or directory of the team that every workspace of an app sees.
public struct TeamVolume: Hashable, Sendable, Encodable {
    public enum Source: Hashable, Sendable, Encodable {
        /// Of the engine.
        case volume(String)
        /// Of the engine's machine.
        case directory(String)
    }

    public var source: Source
    /// An absolute path inside the workspace.
    public var mount: String
    public var isReadOnly: Bool

    public init(source: Source, mount: String, isReadOnly: Bool = true) {
        self.source = source
        self.mount = mount
        self.isReadOnly = isReadOnly
    }
}

/// Who processes and files are, in numbers.
public struct UserNumbers: Hashable, Sendable, Codable, CustomStringConvertible {
    public var uid: UInt32
    public var gid: UInt32

    public init(uid: UInt32, gid: UInt32) {
        self.uid = uid
        self.gid = gid
    }

    /// Reads `1000` and `1000:100`; without a group it is the user's number. Nil for names and for nothing.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let uid = UInt32(parts[0]), let gid = UInt32(parts.last ?? "") else {
            return nil
        }
        self.init(uid: uid, gid: gid)
    }

    public var description: String { "\(uid):\(gid)" }
}
