public import CarrelCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `<state>/keys/session.key`: the secret that sessions are signed with. Whoever reads it can be anybody.
public enum SigningKeyFile {
    /// Reads the key, or makes it on first use. Several processes may do so at once: one of them makes it, all get the
    /// same. Throws `configuration`, with the path as detail, if the file can be read by others, belongs to somebody
    /// else, has the wrong size, or can't be read or made. It is never replaced: that would sign everybody out.
    public static func load(
        state: String,
        random: some RandomNumberGenerator = SystemRandomNumberGenerator()
    ) throws(CarrelError) -> SigningKeys {
        let directory = state + "/keys"
        let path = directory + "/session.key"
        try prepare(directory)
        if let secret = try read(path) { return try keys(secret, path) }
        try create(path, in: directory, random: random)
        guard let secret = try read(path) else {
            throw refusal("The session key disappeared while it was made: try again.", path)
        }
        return try keys(secret, path)
    }

    private static func keys(_ secret: [UInt8], _ path: String) throws(CarrelError) -> SigningKeys {
        guard let keys = SigningKeys(secret: secret) else {
            throw refusal(
                "The session key must have \(SigningKeys.secretLength) bytes: restore it from a backup, "
                    + "or remove it to sign everybody out.",
                path
            )
        }
        return keys
    }

    private static func prepare(_ directory: String) throws(CarrelError) {
        if mkdir(directory, 0o700) != 0, errno != EEXIST {
            throw failure("The directory for keys can't be made.", directory)
        }
        var status = stat()
        guard stat(directory, &status) == 0 else {
            throw failure("The directory for keys can't be read.", directory)
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw refusal("Where the directory for keys should be is something else.", directory)
        }
        guard status.st_mode & 0o022 == 0 else {
            throw refusal("Others may write into the directory for keys: chmod 700 it.", directory)
        }
    }

    /// At most one byte more than a key has; nil if there is no file.
    private static func read(_ path: String) throws(CarrelError) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw failure("The session key can't be read.", path)
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw failure("The session key can't be read.", path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw refusal("The session key is not a file.", path) }
        guard status.st_mode & 0o077 == 0 else {
            throw refusal(
                "The session key can be read by others: chmod 600 it, or remove it if somebody may have read it.",
                path
            )
        }
        guard status.st_uid == geteuid() else {
            throw refusal("The session key belongs to another account of this machine.", path)
        }
        var bytes = [UInt8](repeating: 0, count: SigningKeys.secretLength + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                #if canImport(Darwin)
                    Darwin.read(file, buffer.baseAddress?.advanced(by: count), buffer.count - count)
                #elseif canImport(Glibc)
                    Glibc.read(file, buffer.baseAddress?.advanced(by: count), buffer.count - count)
                #else
                    Musl.read(file, buffer.baseAddress?.advanced(by: count), buffer.count - count)
                #endif
            }
            if got == 0 { break }
            if got < 0 {
                if errno == EINTR { continue }
                throw failure("The session key can't be read.", path)
            }
            count += got
        }
        return Array(bytes.prefix(count))
    }

    /// Written beside its place and linked into it: nobody sees half a key, and a link never replaces a file.
    private static func create(
        _ path: String,
        in directory: String,
        random: some RandomNumberGenerator
    ) throws(CarrelError) {
        var random = random
        let draft = path + "." + RandomText.base32(length: 16, from: &random)
        let secret = (0..<SigningKeys.secretLength).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw failure("The session key can't be made.", path) }
        defer { unlink(draft) }
        let written = write(file, secret, secret.count)
        let synced = fsync(file)
        let code = errno
        close(file)
        guard written == secret.count, synced == 0 else {
            throw failure("The session key can't be written.", path, code: code)
        }
        // EEXIST: another process was first, and its key counts.
        guard link(draft, path) == 0 || errno == EEXIST else { throw failure("The session key can't be made.", path) }
        let folder = open(directory, O_RDONLY | O_CLOEXEC)
        guard folder >= 0 else { return }
        fsync(folder)
        close(folder)
    }

    private static func refusal(_ sentence: String, _ path: String) -> CarrelError {
        CarrelError(.configuration, sentence, detail: path)
    }

    private static func failure(_ sentence: String, _ path: String, code: Int32 = errno) -> CarrelError {
        CarrelError(.configuration, sentence, detail: "\(path): \(String(cString: strerror(code)))")
    }
}
