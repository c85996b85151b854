import NIOSSL

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Where a listener's certificate chain and private key lie: two PEM files.
public struct CertificateFiles: Hashable, Sendable {
    public var certificate: String
    public var key: String

    public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}

/// Why a pair of files can't be served. Says nothing of what is in the key.
public struct CertificateTrouble: Error, Hashable, CustomStringConvertible {
    public enum File: String, Hashable, Sendable { case certificate, key }

    /// Which of the two is to be mended.
    public var file: File
    /// What is wrong, as a sentence without a full stop.
    public var sentence: String
    /// What would be right.
    public var remedy: String

    public init(file: File, sentence: String, remedy: String) {
        self.file = file
        self.sentence = sentence
        self.remedy = remedy
    }

    public var description: String { "\(sentence), \(remedy)" }
}

/// What was read from a pair of files and found to belong together.
struct CertificatePair {
    let chain: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey
    /// Of the server's own certificate, the chain's first.
    let notAfter: Int
    let names: CertificateNames
    let keyIsPublic: Bool

    /// A larger file is no certificate and no key.
    static let largest = 1 << 20

    /// `now`: seconds since 1970. Reads both files; not for event loops.
    init(_ files: CertificateFiles, now: Int) throws(CertificateTrouble) {
        let certificate = try Self.contents(files.certificate, as: .certificate)
        let secret = try Self.contents(files.key, as: .key)
        guard let chain = try? NIOSSLCertificate.fromPEMBytes(certificate.bytes), let own = chain.first else {
            throw CertificateTrouble(
                file: .certificate,
                sentence: "\(files.certificate) has no certificate in it",
                remedy: "give a PEM file that begins with -----BEGIN CERTIFICATE-----"
            )
        }
        guard !secret.bytes.contains("ENCRYPTED") else {
            throw CertificateTrouble(
                file: .key,
                sentence: "the key in \(files.key) is encrypted, and nobody is there to give the passphrase",
                remedy: "take it off (openssl pkey -in … -out …) and let only carrel's user read the file"
            )
        }
        // Without a callback BoringSSL would ask on the terminal.
        let none: @Sendable (NIOSSLPassphraseSetter<[UInt8]>) -> Void = { $0([]) }
        guard let key = try? NIOSSLPrivateKey(bytes: secret.bytes, format: .pem, passphraseCallback: none) else {
            throw CertificateTrouble(
                file: .key,
                sentence: "\(files.key) has no private key in it",
                remedy: "give a PEM file that begins with -----BEGIN PRIVATE KEY-----"
            )
        }
        guard Int(own.notValidAfter) > now else {
            throw CertificateTrouble(
                file: .certificate,
                sentence:
                    "the certificate in \(files.certificate) expired \(Self.days(now - Int(own.notValidAfter))) ago",
                remedy: "renew it"
            )
        }
        guard Int(own.notValidBefore) <= now else {
            throw CertificateTrouble(
                file: .certificate,
                sentence: "the certificate in \(files.certificate) is not valid yet",
                remedy: "look at this machine's clock, or use the one that counts now"
            )
        }
        self.chain = chain
        self.key = key
        notAfter = Int(own.notValidAfter)
        names = CertificateNames(own)
        keyIsPublic = secret.mode & S_IROTH != 0
    }

    private static func contents(
        _ path: String,
        as file: CertificateTrouble.File
    ) throws(CertificateTrouble) -> (bytes: [UInt8], mode: mode_t) {
        func trouble(_ reason: String, _ remedy: String) -> CertificateTrouble {
            CertificateTrouble(file: file, sentence: "\(path) can't be read: \(reason)", remedy: remedy)
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            let remedy =
                errno == EACCES ? "let the user that carrel runs as read it" : "give the \(file.rawValue)'s path"
            throw trouble(String(cString: strerror(errno)), remedy)
        }
        defer { close(descriptor) }
        var about = stat()
        guard fstat(descriptor, &about) == 0, about.st_mode & S_IFMT == S_IFREG else {
            throw trouble("it is no regular file", "give the \(file.rawValue)'s path")
        }
        guard about.st_size <= largest else {
            throw trouble("it has \(about.st_size) bytes", "give a PEM file of at most \(largest)")
        }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= largest {
            let count = read(descriptor, &piece, piece.count)
            guard count >= 0 else { throw trouble(String(cString: strerror(errno)), "look at its file system") }
            if count == 0 { break }
            bytes += piece[..<count]
        }
        return (bytes, about.st_mode)
    }

    private static func days(_ seconds: Int) -> String {
        switch seconds / 86_400 {
        case 0: "less than a day"
        case 1: "1 day"
        case let days: "\(days) days"
        }
    }
}

extension [UInt8] {
    fileprivate func contains(_ word: StaticString) -> Bool {
        word.withUTF8Buffer { wanted in
            indices.contains { self[$0...].starts(with: wanted) }
        }
    }
}
