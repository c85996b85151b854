import CLinux
import Glibc

/// Undoes a mount, if there is one. Nil if nothing is mounted there now, else what stands in the way.
@discardableResult
package func unmount(_ path: String) -> String? {
    let result = clinux_unmount(path)
    return result == 0 ? nil : String(cString: strerror(-result))
}
