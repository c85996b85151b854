import CarrelCore
import EngineHost
import Glibc

/// The arguments of bubblewrap for one workspace: what it sees, and nothing else. Pure but for looking which of the
/// system's directories are links.
struct SandboxPlan: Sendable {
    static let runtime = "/run/carrel"
    static let initProgram = "/run/carrel-init"

    var program: String
    var isRoot: Bool
    var uid: UInt32
    var visible: [String]
    var hidden: [String]
    var initProgram: String
    var runtime: String
    var temporary: String
    /// What appears at the home's place: the slot, or the home itself where nothing can be mounted later.
    var home: (source: String, mount: String)?
    var hasNetwork: Bool

    /// Files of the sandbox that the engine writes, in the order of `@data0`, `@data1`, …
    var data: [String] {
        let place = home?.mount ?? Self.runtime
        return [
            "root:x:0:0:root:/nonexistent:/usr/sbin/nologin\nmember:x:\(uid):\(uid):member:\(place):/bin/bash\n"
                + "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
            "root:x:0:\nmember:x:\(uid):\nnogroup:x:65534:\n",
            hasNetwork ? "nameserver 10.0.2.3\n" : "",
            "127.0.0.1 localhost workspace\n::1 localhost\n",
        ]
    }

    var arguments: [String] {
        [program, "--die-with-parent"] + namespaces + system + places + masks
            + ["--", Self.initProgram, "inside"]
    }

    private var namespaces: [String] {
        var list = [
            "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--hostname", "workspace", "--unshare-cgroup-try",
        ]
        // With a way out, carrel-init has put it into a network of its own already.
        if !hasNetwork { list.append("--unshare-net") }
        if isRoot {
            // Just enough for carrel-init to become the workspace's user, which leaves it nothing.
            list += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
        } else {
            list += ["--unshare-user", "--disable-userns"]
        }
        return list
    }

    private var system: [String] {
        var list = ["--ro-bind", "/usr", "/usr"]
        for name in ["bin", "sbin", "lib", "lib32", "lib64", "libx32"] {
            if let target = SystemFile.link("/" + name) {
                list += ["--symlink", target, "/" + name]
            } else if SystemFile.exists("/" + name) {
                list += ["--ro-bind", "/" + name, "/" + name]
            }
        }
        list += ["--ro-bind", "/etc", "/etc", "--proc", "/proc", "--dev", "/dev"]
        list += ["--perms", "1777", "--tmpfs", "/dev/shm"]
        for (index, path) in ["/etc/passwd", "/etc/group", Self.resolver, "/etc/hosts"].enumerated() {
            list += parents(of: path) + ["--perms", "0644", "--ro-bind-data", "@data\(index)", path]
        }
        return list
    }

    private var places: [String] {
        var list = parents(of: Self.runtime) + ["--bind", runtime, Self.runtime]
        list += ["--ro-bind", initProgram, Self.initProgram, "--bind", temporary, "/tmp"]
        list += parents(of: "/var/tmp") + ["--bind", temporary, "/var/tmp"]
        for path in visible { list += parents(of: path) + ["--ro-bind-try", path, path] }
        if let home { list += parents(of: home.mount) + ["--bind", home.source, home.mount] }
        return list
    }

    /// Covers what lies inside something visible and must not be seen.
    private var masks: [String] {
        let shown = ["/usr", "/etc"] + visible
        return hidden.flatMap { path -> [String] in
            guard shown.contains(where: { path == $0 || path.hasPrefix($0 + "/") }) else { return [] }
            var about = stat()
            guard stat(path, &about) == 0 else { return [] }
            return about.st_mode & S_IFMT == S_IFDIR ? ["--tmpfs", path] : ["--ro-bind", "/dev/null", path]
        }
    }

    /// bubblewrap makes missing directories for root alone; these are for everybody.
    private func parents(of path: String) -> [String] {
        var list: [String] = []
        var parent = ""
        for part in path.split(separator: "/").dropLast() {
            parent += "/" + part
            if ["/usr", "/etc", "/dev", "/proc"].contains(parent) { return [] }
            list += ["--perms", "0755", "--dir", parent]
        }
        return list
    }

    /// `/etc/resolv.conf` is often a link to somewhere below `/run`.
    private static var resolver: String {
        guard let target = SystemFile.link("/etc/resolv.conf") else { return "/etc/resolv.conf" }
        if target.hasPrefix("/") { return target }
        return target.hasPrefix("../") ? "/" + target.dropFirst(3) : "/etc/" + target
    }
}
