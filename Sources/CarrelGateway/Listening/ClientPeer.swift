import NIOCore

/// Who is at the other end of a client's connection.
struct ClientPeer {
    /// A numeric address.
    let address: String
    /// Whether what it says about the client before it is believed.
    let isTrusted: Bool

    init(_ channel: any Channel, listener: ListenerPlan) {
        self.init(address: channel.remoteAddress?.ipAddress ?? "unknown", listener: listener)
    }

    init(address: String, listener: ListenerPlan) {
        self.address = address
        isTrusted = listener.trustedProxies.contains(address)
    }
}

/// What a request is told to a workspace or the hub to have come from.
struct ForwardedFor {
    var address: String
    var scheme: String
    /// As the browser asked for it.
    var host: String

    /// `X-Forwarded-*` count only where the peer is a trusted proxy; the address is then the last one that no trusted
    /// proxy has. What is no address, scheme or host is passed over.
    init(_ head: RequestHead, _ raw: UnsafeRawBufferPointer, peer: ClientPeer, listener: ListenerPlan) {
        address = peer.address
        scheme = listener.scheme
        host = raw.text(head.host)
        guard peer.isTrusted else { return }
        var hops: [String] = []
        for field in head.fields {
            switch field.kind {
            case .forwardedFor:
                raw.forEachElement(of: field.value, separator: ByteClasses.comma) { hop in
                    hops.append(raw.text(hop))
                    return true
                }
            case .forwardedProto where listener.publicOrigin == nil:
                if raw.equals(field.value, "https") { scheme = "https" }
                if raw.equals(field.value, "http") { scheme = "http" }
            case .forwardedHost where Self.isHost(raw, field.value): host = raw.text(field.value)
            default: break
            }
        }
        for hop in hops.reversed() {
            guard AddressBlocks.bytes(hop) != nil else { return }
            address = hop
            if !listener.trustedProxies.contains(hop) { return }
        }
    }

    /// Where the host stands that the browser asked for.
    static func host(_ head: RequestHead, _ raw: UnsafeRawBufferPointer, peer: ClientPeer) -> Range<Int> {
        guard peer.isTrusted else { return head.host }
        return head.fields.last { $0.kind == .forwardedHost && isHost(raw, $0.value) }?.value ?? head.host
    }

    private static func isHost(_ raw: UnsafeRawBufferPointer, _ value: Range<Int>) -> Bool {
        !value.isEmpty && raw[value].allSatisfy(ByteClasses.isHost)
    }
}
