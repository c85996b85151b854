import CLinux
import CarrelCore
import EngineHost
import Glibc

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A program `docker-credential-NAME` that knows credentials (https://github.com/docker/docker-credential-helpers): asked
/// with the registry on its standard input, so that nothing of it appears in the list of processes.
struct CredentialHelper: Sendable {
    /// What is wrong with it, as the rest of a sentence that begins with its name. Never holds a secret.
    struct Failure: Error { let what: String }

    static let outputLimit = 65_536

    let name: String
    /// Where programs are looked for.
    var directories: [String] = Self.searchPath
    var patience = Duration.seconds(30)

    var program: String { "docker-credential-\(name)" }

    static var searchPath: [String] {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return path.split(separator: ":").map(String.init) + ["/usr/local/bin", "/usr/bin", "/bin"]
    }

    /// Nil: it knows none. Waits for it, on the caller's thread.
    func login(at server: String) throws(Failure) -> RegistryLogin? {
        let isName = name.utf8.allSatisfy {
            (97...122).contains($0) || (65...90).contains($0) || (48...57).contains($0) || [45, 46, 95].contains($0)
        }
        guard isName, !name.isEmpty else { throw Failure(what: "is no name of a credential helper") }
        guard let path = directories.map({ "\($0)/\(program)" }).first(where: SystemFile.isExecutable) else {
            throw Failure(what: "is not installed")
        }
        let (status, output) = ask(path, server)
        guard status >= 0 else {
            switch -status {
            case ETIMEDOUT: throw Failure(what: "did not answer within \(patience.forPeople)")
            case EFBIG: throw Failure(what: "answered more than \(Self.outputLimit / 1024) KB")
            default: throw Failure(what: "can't be run: \(String(cString: strerror(-status)))")
            }
        }
        guard status == 0 else {
            // Helpers tell their errors on standard output, one line.
            let said = String(decoding: output, as: UTF8.self)
            if said.contains("credentials not found") { return nil }
            let how = status & 0x7f == 0 ? "failed with exit code \((status >> 8) & 0xff)" : "was killed"
            let line = said.split(whereSeparator: \.isNewline).first.map { String($0.prefix(300)) } ?? ""
            throw Failure(what: line.isEmpty || said.contains("Secret") ? how : "\(how): \(line)")
        }
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(output)) else {
            throw Failure(what: "answered something else than a user name and a secret")
        }
        return answer.username == "<token>"
            ? RegistryLogin(username: "", identityToken: Secret(answer.secret))
            : RegistryLogin(username: answer.username, password: Secret(answer.secret))
    }

    /// The exit status of `waitpid`, or a negative errno; and what it printed.
    private func ask(_ path: String, _ server: String) -> (Int32, [UInt8]) {
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(path), strdup("get"), nil]
        defer { for pointer in arguments { free(pointer) } }
        var output = [CChar](repeating: 0, count: Self.outputLimit)
        var length = 0
        let input = Array((server + "\n").utf8)
        let status = clinux_ask(
            &arguments,
            input,
            input.count,
            &output,
            output.count,
            &length,
            Int32(clamping: patience.milliseconds)
        )
        return (status, output[..<length].map { UInt8(bitPattern: $0) })
    }

    private struct Answer: Decodable {
        var username: String
        var secret: String
        enum CodingKeys: String, CodingKey {
            case username = "Username"
            case secret = "Secret"
        }
    }
}
