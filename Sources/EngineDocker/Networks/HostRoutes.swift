import EngineHost

/// The IPv4 networks that this machine leads packets to, from `/proc/net/route` (proc_net(5)). Pure.
struct HostRoutes: Sendable {
    struct Route: Hashable, Sendable {
        var interface: String
        /// Such as `192.168.1.0/24`.
        var block: String
    }

    /// Without those to everywhere.
    let routes: [Route]

    init(_ text: String) {
        routes = text.split(separator: "\n").dropFirst().compactMap { line in
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count > 7, let destination = UInt32(words[1], radix: 16),
                let mask = UInt32(words[7], radix: 16),
                mask != 0
            else { return nil }
            // As the machine keeps it in memory: every machine that carrel runs on has the least byte first.
            let address = SubnetPool.text(UInt32(bigEndian: destination))
            return Route(interface: String(words[0]), block: "\(address)/\(mask.nonzeroBitCount)")
        }
    }

    /// Of this machine, as it is now.
    static func current() -> HostRoutes { HostRoutes(SystemFile.read("/proc/net/route") ?? "") }

    /// Those that share addresses with the block, but for those of these interfaces.
    func overlapping(_ block: String, except interfaces: Set<String>) -> [Route] {
        routes.filter { !interfaces.contains($0.interface) && SubnetPool.overlap($0.block, block) }
    }
}
