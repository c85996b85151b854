import CarrelCore
import EngineHost

/// Whom containers may ask for names.
///
/// Docker's own resolver inside of each container (127.0.0.11) asks from within the container, so that the firewall holds
/// for it, with one exception: where the engine's machine has a resolver at a loopback address, dockerd asks that one from
/// the machine, whatever the container may reach. So a container without a way out is always told of servers of its own.
struct NameLookup: Sendable {
    /// Leads to the container itself, where nobody answers. Not 127.0.0.1, which some versions of dockerd take for the
    /// machine's.
    static let nobody = "0.0.0.0"

    /// The machine's name servers that containers can ask; not those at loopback addresses.
    let servers: [String]

    init(servers: [String]) { self.servers = servers.filter { !$0.hasPrefix("127.") && $0 != "::1" } }

    /// Of this machine. As dockerd does, systemd's own list is read where its resolver hides it.
    static func current() -> NameLookup {
        let listed = NameServers.listed()
        guard listed == ["127.0.0.53"] else { return NameLookup(servers: listed) }
        return NameLookup(servers: NameServers.listed(in: "/run/systemd/resolve/resolv.conf"))
    }

    /// Those that may be asked although they lie where workspaces may not go otherwise, such as a cloud's resolver beside
    /// its metadata.
    func allowed(_ egress: Egress) -> [String] {
        switch egress {
        case .none: []
        case .internet: servers
        case .only(let blocks):
            servers.filter { server in blocks.contains { SubnetPool.block($0, has: server) } }
        }
    }

    /// What a container is told; nil: as the engine likes.
    func told(_ egress: Egress) -> [String]? {
        if egress == .internet { return nil }
        let allowed = allowed(egress)
        return allowed.isEmpty ? [Self.nobody] : allowed
    }

    /// Where nobody answers, nobody should wait for it long.
    func options(_ egress: Egress) -> [String]? {
        told(egress) == [Self.nobody] ? ["timeout:1", "attempts:1"] : nil
    }
}
