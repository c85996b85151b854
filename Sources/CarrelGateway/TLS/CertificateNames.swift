import NIOCore
import NIOSSL

/// The names that a certificate was made for (RFC 6125 section 6.4): what browsers compare with the address. They look
/// at the subject's alternative names only.
struct CertificateNames: Hashable {
    /// DNS names in lower case, a wildcard as `*.example.org`, and numeric addresses.
    let all: [String]

    init(_ all: [String]) { self.all = all }

    init(_ certificate: NIOSSLCertificate) {
        all = certificate._subjectAlternativeNames().compactMap { name in
            switch name.nameType {
            case .dnsName: String(decoding: name.contents, as: UTF8.self).lowercased()
            case .ipAddress: (try? SocketAddress(packedIPAddress: ByteBuffer(bytes: name.contents), port: 0))?.ipAddress
            default: nil
            }
        }
    }

    /// `host`: a name, or an address with or without the brackets of IPv6. A wildcard stands for one label.
    func cover(_ host: String) -> Bool {
        let host = Self.normalised(host)
        return all.contains { name in
            if name == host { return true }
            guard name.hasPrefix("*."), let dot = host.firstIndex(of: "."), dot > host.startIndex else { return false }
            return host[dot...] == name.dropFirst()
        }
    }

    /// Addresses in their shortest spelling, names in lower case and without the root's dot.
    private static func normalised(_ host: String) -> String {
        var host = host.lowercased()
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        if let address = try? SocketAddress(ipAddress: host, port: 0).ipAddress { return address }
        if host.hasSuffix(".") { host.removeLast() }
        return host
    }
}
