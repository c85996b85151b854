import CLinux
import CarrelCore
import Glibc

/// The home that is, or is just being, attached to an instance, as its record says.
package struct AttachedHome: Codable, Hashable, Sendable {
    package var location: String
    package var storageUID: UInt32
    /// False where the instance was started with the home in it.
    package var isMounted: Bool

    package init(location: String, storageUID: UInt32, isMounted: Bool) {
        self.location = location
        self.storageUID = storageUID
        self.isMounted = isMounted
    }
}

/// A directory of this machine that an instance sees as its home's place. It lies below a shared mount, so that what is
/// mounted over it later appears inside.
package struct Slot: Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    package var isMounted: Bool { clinux_is_mounted(path) == 1 }

    /// Mounts the home, owner and group appearing as `user` and `group`. Does nothing if it is there already; throws
    /// `conflict` if another one is, and `SystemFile.Failure` if it can't be mounted. `remember` writes the record: it is
    /// told first, so that after a crash in between the same call finishes it.
    package func attach(
        _ wanted: AttachedHome,
        over attached: AttachedHome?,
        user: UInt32,
        group: UInt32,
        open: () throws -> Int32,
        remember: (AttachedHome?) throws -> Void
    ) throws {
        if let attached {
            guard attached.location == wanted.location, attached.storageUID == wanted.storageUID else {
                throw CarrelError(.conflict, "Another home is attached to this workspace already.")
            }
            if !attached.isMounted || isMounted { return }
        }
        let file = try open()
        defer { close(file) }
        try remember(wanted)
        let result = clinux_attach(file, path, wanted.storageUID, user, group)
        guard result == 0 else {
            try remember(nil)
            throw SystemFile.Failure(path: wanted.location, code: -result)
        }
    }

    /// Nil once nothing is mounted there, else what stands in the way.
    package func detach() -> String? { unmount(path) }
}
