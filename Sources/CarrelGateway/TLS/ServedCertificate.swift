import NIOSSL
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The certificate that a listener shows to new connections. Replaced while it serves; connections that are open keep
/// what they began with.
public final class ServedCertificate: Sendable {
    private struct State {
        var files: CertificateFiles
        var context: NIOSSLContext
        var notAfter: Int
        var names: CertificateNames
        var keyIsPublic: Bool
        /// Of the files that were loaded last, or tried in vain.
        var seen: [FileMark]
        /// Files changed and could not be served: told once they stay like that.
        var doubted: [FileMark]?
    }

    /// What came of a look at the files.
    public enum Look: Hashable, Sendable {
        case unchanged, replaced
        /// They changed and can't be served: the pair before stays. Told once for each change.
        case broken(CertificateTrouble)
    }

    private let state: Mutex<State>

    /// Throws if the pair can't be served.
    public init(_ files: CertificateFiles) throws(CertificateTrouble) {
        state = Mutex(try Self.load(files))
    }

    var context: NIOSSLContext { state.withLock { $0.context } }

    public var files: CertificateFiles { state.withLock { $0.files } }

    /// Seconds from now until the certificate expires.
    public var secondsLeft: Int { state.withLock { $0.notAfter } - time(nil) }

    /// The names and addresses that it was made for.
    public var names: [String] { state.withLock { $0.names.all } }

    /// Whether browsers take it for `host`, a name or an address.
    public func covers(_ host: String) -> Bool { state.withLock { $0.names.cover(host) } }

    /// Whether every user of this machine can read the private key.
    public var keyIsPublic: Bool { state.withLock { $0.keyIsPublic } }

    /// Takes these files from now on. Throws if they can't be served; then nothing has changed.
    public func replace(with files: CertificateFiles) throws(CertificateTrouble) {
        let next = try Self.load(files)
        state.withLock { $0 = next }
    }

    /// Looks whether the files changed, and takes them over if they can be served.
    ///
    /// A certificate and its key are two files that are written one after the other, so a pair that does not fit is
    /// looked at once more before anybody is told.
    public func look() -> Look {
        let (files, seen, doubted) = state.withLock { ($0.files, $0.seen, $0.doubted) }
        let now = Self.marks(of: files)
        guard now != seen else { return .unchanged }
        do {
            let next = try Self.load(files)
            state.withLock { $0 = next }
            return .replaced
        } catch {
            state.withLock { state in
                state.doubted = now
                if doubted == now { state.seen = now }
            }
            return doubted == now ? .broken(error) : .unchanged
        }
    }

    private static func load(_ files: CertificateFiles) throws(CertificateTrouble) -> State {
        // Before they are read: what is written meanwhile is seen as a change then.
        let marks = marks(of: files)
        let pair = try CertificatePair(files, now: time(nil))
        let configuration = TLSSettings.configuration(pair)
        guard let context = try? NIOSSLContext(configuration: configuration) else {
            throw CertificateTrouble(
                file: .key,
                sentence: "the key in \(files.key) is not that of the certificate in \(files.certificate)",
                remedy: "give the key that the certificate was made for; the server's own certificate comes first"
            )
        }
        return State(
            files: files,
            context: context,
            notAfter: pair.notAfter,
            names: pair.names,
            keyIsPublic: pair.keyIsPublic,
            seen: marks
        )
    }

    private static func marks(of files: CertificateFiles) -> [FileMark] {
        [FileMark(files.certificate), FileMark(files.key)]
    }
}

/// What tells that a file was written or replaced. Links are followed: some deployments swap those.
private struct FileMark: Hashable {
    let inode: UInt64
    let size: Int64
    let seconds: Int
    let nanoseconds: Int

    /// All zero: there is none.
    init(_ path: String) {
        var about = stat()
        guard stat(path, &about) == 0 else {
            (inode, size, seconds, nanoseconds) = (0, 0, 0, 0)
            return
        }
        inode = UInt64(about.st_ino)
        size = Int64(about.st_size)
        #if canImport(Darwin)
            (seconds, nanoseconds) = (about.st_mtimespec.tv_sec, about.st_mtimespec.tv_nsec)
        #else
            (seconds, nanoseconds) = (about.st_mtim.tv_sec, about.st_mtim.tv_nsec)
        #endif
    }
}

/// How TLS is spoken here.
enum TLSSettings {
    static let http2 = "h2"
    static let http1 = "http/1.1"

    static func configuration(_ pair: CertificatePair) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: pair.chain.map { .certificate($0) },
            privateKey: .privateKey(pair.key)
        )
        configuration.minimumTLSVersion = .tlsv12
        // For 1.2: forward secrecy and authenticated encryption only; HTTP/2 forbids the others (RFC 9113 appendix A).
        // 1.3 has no others.
        configuration.cipherSuiteValues = [
            .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
            .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        ]
        configuration.applicationProtocols = [http2, http1]
        configuration.renegotiationSupport = .none
        return configuration
    }
}
