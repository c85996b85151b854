import CLinux
package import CarrelCore
import Glibc

/// One member's home on this machine: a directory that belongs to the member, mounted over a workspace's slot.
package enum HomeDirectory {
    /// Opens it, making what is missing of its path. Throws with a sentence if it can't be reached or belongs to somebody
    /// else. The caller closes the descriptor.
    package static func open(_ location: String, owner: UInt32) throws -> Int32 {
        let file = clinux_open_home(location, owner)
        guard file >= 0 else { throw unreachable(SystemFile.Failure(path: location, code: -file)) }
        var about = stat()
        guard fstat(file, &about) == 0, about.st_uid == owner else {
            close(file)
            throw CarrelError(
                .engineFailed,
                "The home belongs to somebody else.",
                detail: "\(location): uid \(about.st_uid) instead of \(owner)"
            )
        }
        return file
    }

    package static func unreachable(_ error: SystemFile.Failure) -> CarrelError {
        CarrelError(.engineFailed, "The home can't be reached.", detail: error.description)
    }
}
