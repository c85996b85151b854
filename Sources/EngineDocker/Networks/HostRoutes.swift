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

    /// Those into these blocks that share addresses with another one of an interface of its own.
    func ambiguous(in blocks: [String]) -> [Route] {
        let within = routes.filter { route in blocks.contains { SubnetPool.overlap(route.block, $0) } }
        // Few machines have any, some have thousands of routes: look at pairs only among neighbours.
        let sorted = within.compactMap { route in SubnetPool.span(route.block).map { (route: route, span: $0) } }
            .sorted { $0.span < $1.span }
        var found: Set<Route> = []
        var last: (route: Route, end: UInt32)?
        for (route, span) in sorted {
            if let known = last, span.first <= known.end {
                if route.interface != known.route.interface { found.formUnion([route, known.route]) }
                if span.last <= known.end { continue }
            }
            last = (route, span.last)
        }
        return within.filter(found.contains)
    }

    /// The interface that a container's address leads to by these routes, where that is not the bridge of its own network:
    /// who asks there speaks with somebody else. Of two routes the longer one counts, of two with one length the first.
    static func astray(_ network: NetworkDetails, _ routes: [Route]) -> String? {
        guard let bridge = network.bridge, let subnet = network.subnets.first,
            let bits = SubnetPool.parse(subnet)?.bits, let address = SubnetPool.containerAddress(in: subnet)
        else { return nil }
        let leading = routes.filter { SubnetPool.block($0.block, has: address) }
            .map { (interface: $0.interface, bits: SubnetPool.parse($0.block)?.bits ?? 0) }
        guard let longest = leading.map(\.bits).max(), longest >= bits else { return nil }
        let chosen = leading.first { $0.bits == longest }?.interface
        return chosen == bridge ? nil : chosen
    }
}
