import CarrelCore
public import NIOSSL

/// Where an Engine API is spoken.
public enum DockerAddress: Sendable {
    /// A unix socket of this machine: Docker's or Podman's.
    case socket(String)
    /// TCP, with a client certificate.
    case tls(host: String, port: Int, TLSConfiguration)

    /// By TLS with a client certificate; the files are PEM. Throws what NIOSSL throws if one can't be read.
    public static func tls(
        host: String,
        port: Int,
        authorities: String,
        certificate: String,
        key: String
    ) throws -> DockerAddress {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .file(authorities)
        tls.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) }
        tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
        return .tls(host: host, port: port, tls)
    }

    /// What the engine's machine mounts appears here too.
    var isThisMachine: Bool {
        switch self {
        case .socket: true
        case .tls: false
        }
    }

    /// Without a slash at the end.
    var base: String {
        switch self {
        case .socket(let path):
            "http+unix://"
                + path.utf8.map { byte in
                    let isPlain =
                        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
                        || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte || byte == UInt8(ascii: "-")
                        || byte == UInt8(ascii: ".")
                    return isPlain ? String(UnicodeScalar(byte)) : "%" + [byte].hex.uppercased()
                }.joined()
        case .tls(let host, let port, _): "https://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        }
    }
}
