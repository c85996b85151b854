import CarrelCore
import EngineHost
import Glibc

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The program restic (https://restic.readthedocs.io), 0.14 and later. It is told of the repository and its password by the
/// environment, where no list of processes shows them.
struct Restic {
    struct Snapshot: Decodable {
        var id: String
        var time: String
        var paths: [String]
        var tags: [String]?
    }

    let repository: String
    private let program: String

    static let tag = "carrel"

    /// Throws `configuration` where restic is not installed or has no password.
    init(repository: String) throws {
        guard let program = Command.find("restic") else {
            throw CarrelError(.configuration, "restic is not installed (Debian: apt-get install restic).")
        }
        let given = ["RESTIC_PASSWORD", "RESTIC_PASSWORD_FILE", "RESTIC_PASSWORD_COMMAND"]
        guard given.contains(where: { getenv($0) != nil }) else {
            throw CarrelError(
                .configuration,
                "The repository's password is missing: set RESTIC_PASSWORD_FILE (or RESTIC_PASSWORD, RESTIC_PASSWORD_COMMAND)."
            )
        }
        self.program = program
        self.repository = repository
        setenv("RESTIC_REPOSITORY", repository, 1)
    }

    /// Makes the repository if there is none.
    func prepare() throws {
        guard try !ask(["cat", "config"]).succeeded else { return }
        try run(["init"], or: "The restic repository can't be opened or made.")
    }

    func snapshots() throws -> [Snapshot] {
        let outcome = try ask(["snapshots", "--json", "--no-lock", "--tag", Self.tag])
        guard outcome.succeeded else {
            throw Self.failure(
                "The restic repository can't be read: what restic said is above.",
                "\(outcome.status >> 8)"
            )
        }
        return try JSONDecoder().decode([Snapshot].self, from: Data(outcome.output))
    }

    /// Saves the directories, whose names are given one a line; restic speaks on standard error meanwhile.
    func save(listed file: String, tags: [String]) throws {
        let tagging = ([Self.tag] + tags).flatMap { ["--tag", $0] }
        // Not the machine's name: a machine that was restored has another, and what it saves is compared with what was.
        try run(
            ["backup", "--files-from-verbatim", file, "--host", "carrel"] + tagging,
            or: "restic did not save everything: what it said is above."
        )
    }

    /// Brings the directories back, each below `target` at the path that it had.
    func restore(_ paths: [String], of snapshot: String, below target: String) throws {
        // Each is one word of a command line, which has room for some 20,000.
        for part in stride(from: 0, to: paths.count, by: 500) {
            let included = paths[part..<min(part + 500, paths.count)].flatMap { ["--include", Self.literal($0)] }
            try run(
                ["restore", "--no-lock", snapshot, "--target", target] + included,
                or: "restic did not restore everything: what it said is above."
            )
        }
    }

    /// Patterns have signs of their own (Go's filepath.Match).
    private static func literal(_ path: String) -> String {
        path.reduce(into: "") { text, sign in
            if "*?[\\".contains(sign) { text += "\\" }
            text.append(sign)
        }
    }

    private struct Outcome {
        /// As waitpid(2) gives it.
        var status: Int32
        var output: [UInt8] = []
        var succeeded: Bool { status == 0 }
    }

    private func ask(_ words: [String]) throws -> Outcome {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Self.failure("restic can't be run.", String(cString: strerror(errno))) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        let pid: pid_t
        do {
            defer { close(ends[1]) }
            pid = try spawn(words, output: ends[1])
        }
        var outcome = Outcome(status: 0)
        var room = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(ends[0], &room, room.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            outcome.output += room[..<count]
        }
        outcome.status = Self.end(of: pid)
        return outcome
    }

    /// What it prints goes to standard error: it shows how far it is.
    private func run(_ words: [String], or sentence: String) throws {
        let status = Self.end(of: try spawn(words, output: 2))
        guard status == 0 else { throw Self.failure(sentence, "restic \(words[0]) ended with status \(status >> 8)") }
    }

    private func spawn(_ words: [String], output: Int32) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        var pointers: [UnsafeMutablePointer<CChar>?] = ([program] + words).map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        pointers.append(nil)
        var pid: pid_t = 0
        let status = posix_spawn(&pid, program, &actions, nil, pointers, environ)
        guard status == 0 else { throw Self.failure("restic can't be run.", String(cString: strerror(status))) }
        return pid
    }

    private static func end(of pid: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 { guard errno == EINTR else { return -1 } }
        return status
    }

    private static func failure(_ sentence: String, _ detail: String) -> CarrelError {
        CarrelError(.invalid, sentence, detail: detail)
    }
}
