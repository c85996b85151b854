import CLinux
import CarrelCore
import CarrelTesting
import EngineHost
import Foundation
import Glibc
import Testing

/// A file system in a file, with project quotas; nil where this machine's kernel or programs can't.
private struct QuotaDisk {
    let root: String
    var mount: String { root + "/mount" }
    var homes: String { mount + "/homes" }

    static let kinds: [(String, make: [String], options: String)] = [
        ("ext4", ["mkfs.ext4", "-q", "-F", "-O", "project,quota", "-E", "quotatype=prjquota"], "loop,prjquota"),
        ("xfs", ["mkfs.xfs", "-q", "-f"], "loop,prjquota"),
    ]

    /// Runs `body` and takes everything away. False where it can't be.
    static func with(_ kind: String, _ body: (QuotaDisk) async throws -> Void) async throws -> Bool {
        guard geteuid() == 0, let (_, make, options) = kinds.first(where: { $0.0 == kind }),
            let program = make.first.flatMap(Command.find), let mounter = Command.find("mount"),
            let unmounter = Command.find("umount")
        else { return false }
        var template = Array("/tmp/carrel-quota-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw ContractBroken("no directory below /tmp") }
        let disk = QuotaDisk(root: String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
        defer { _ = Command(arguments: ["/bin/rm", "-rf", disk.root]).run() }
        let image = disk.root + "/image"
        guard chmod(disk.root, 0o755) == 0, mkdir(disk.mount, 0o755) == 0,
            FileManager.default.createFile(atPath: image, contents: nil),
            truncate(image, 400 << 20) == 0,
            Command(arguments: [program] + make.dropFirst() + [image]).run().succeeded,
            Command(arguments: [mounter, "-t", kind, "-o", options, image, disk.mount]).run().succeeded
        else { return false }
        defer { _ = Command(arguments: [unmounter, disk.mount]).run() }
        guard ProjectQuota.obstacle(at: disk.mount) == nil else { return false }
        try await body(disk)
        return true
    }

    /// Makes the home as an engine does at a claim.
    @discardableResult
    func open(_ name: String, _ quota: HomeQuota?) throws -> ProjectQuota.Outcome {
        let file = try HomeDirectory.open("\(homes)/\(name)", owner: 70_001)
        defer { close(file) }
        return ProjectQuota.keep(quota, on: file)
    }

    /// Has the home's owner write so many bytes: how many arrived, and whether the file system refused the rest. Root is
    /// bound by no quota (CAP_SYS_RESOURCE).
    func write(_ count: Int, to path: String) -> (written: Int, isRefused: Bool) {
        let place = "\(homes)/\(path)"
        let outcome = Command(
            arguments: [
                "/usr/bin/setpriv", "--reuid=70001", "--regid=70001", "--clear-groups", "/bin/dd", "if=/dev/zero",
                "of=\(place)", "bs=65536", "count=\(count / 65_536)", "conv=fsync",
            ]
        ).run()
        var about = stat()
        let written = stat(place, &about) == 0 ? Int(about.st_size) : 0
        let words = ["Disk quota exceeded", "No space left on device"]
        return (written, !outcome.succeeded && words.contains { outcome.output.contains($0) })
    }
}

@Suite("Quotas that the file system keeps", .serialized)
struct ProjectQuotaTests {
    private static let mega = 1 << 20

    private func with(_ kind: String, _ body: (QuotaDisk) async throws -> Void) async throws {
        let ran = try await QuotaDisk.with(kind, body)
        // Where it must be possible, as on a kernel that is known to have it, not running is a failure.
        #expect(ran || ProcessInfo.processInfo.environment["CARREL_PROJECT_QUOTAS_REQUIRED"] == nil)
    }

    @Test("Who is over the quota can't write more, and nobody else is hit", arguments: ["ext4", "xfs"])
    func enforced(_ kind: String) async throws {
        try await with(kind) { disk in
            let quota = HomeQuota(bytes: Int64(8 * Self.mega), project: 4001)
            let first = try disk.open("ada", quota)
            #expect(first.isEnforced && first.wasForeign)
            let second = try disk.open("ada", quota)
            #expect(second.isEnforced && !second.wasForeign)
            try disk.open("ben", HomeQuota(bytes: Int64(8 * Self.mega), project: 4002))

            let over = disk.write(20 * Self.mega, to: "ada/large")
            #expect(over.isRefused)
            #expect(over.written <= 8 * Self.mega && over.written > 6 * Self.mega)
            #expect(disk.write(6 * Self.mega, to: "ben/large").isRefused == false)

            let found = try await HomeContents.measure(disk.homes + "/ada", quota: quota, whole: false)
            #expect(found.isEnforced && !found.isWhole)
            #expect((6 * Self.mega...8 * Self.mega).contains(Int(found.used ?? 0)))
            // A greater one counts at once, and what is deleted makes room.
            let greater = HomeQuota(bytes: Int64(16 * Self.mega), project: 4001)
            try disk.open("ada", greater)
            #expect(disk.write(6 * Self.mega, to: "ada/more").isRefused == false)
            unlink(disk.homes + "/ada/large")
            // xfs gives room back a moment after the deletion.
            let end = ContinuousClock.now + .seconds(60)
            var used = Int64.max
            while used > 7 * Self.mega, ContinuousClock.now < end {
                used = try await HomeContents.measure(disk.homes + "/ada", quota: greater, whole: false).used ?? .max
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect((6 * Self.mega...7 * Self.mega).contains(Int(used)))
        }
    }

    @Test(
        "Files from before the quota, and those whose owner took the mark off, are counted again",
        arguments: ["ext4", "xfs"]
    )
    func marked(_ kind: String) async throws {
        try await with(kind) { disk in
            try disk.open("ada", nil)
            #expect(mkdir(disk.homes + "/ada/old", 0o755) == 0)
            #expect(chown(disk.homes + "/ada/old", 70_001, 70_001) == 0)
            #expect(disk.write(3 * Self.mega, to: "ada/old/data").isRefused == false)
            #expect(symlink("/", disk.homes + "/ada/link") == 0 && mkfifo(disk.homes + "/ada/pipe", 0o600) == 0)
            let quota = HomeQuota(bytes: Int64(8 * Self.mega), project: 4003)
            let path = disk.homes + "/ada"
            let found = try await HomeContents.measure(path, quota: quota, whole: false)
            #expect(found.isEnforced && found.isWhole && (found.used ?? 0) >= 3 * Self.mega)

            let file = Glibc.open(path + "/old/data", O_RDONLY)
            #expect(clinux_project_set(file, 0, false) == 0)
            close(file)
            let evaded = try await HomeContents.measure(path, quota: quota, whole: false)
            #expect((evaded.used ?? .max) < Self.mega)
            let caught = try await HomeContents.measure(path, quota: quota, whole: true)
            #expect((caught.used ?? 0) >= 3 * Self.mega)
            #expect(disk.write(9 * Self.mega, to: "ada/old/more").isRefused)
        }
    }

    @Test(
        "Two homes are never counted together, and a file can't be moved from one to the other",
        arguments: ["ext4", "xfs"]
    )
    func apart(_ kind: String) async throws {
        try await with(kind) { disk in
            try disk.open("ada", HomeQuota(bytes: Int64(8 * Self.mega), project: 4004))
            try disk.open("ben", HomeQuota(bytes: Int64(8 * Self.mega), project: 4005))
            #expect(disk.write(Self.mega, to: "ada/data").isRefused == false)
            #expect(link(disk.homes + "/ada/data", disk.homes + "/ben/data") != 0 && errno == EXDEV)
            #expect(rename(disk.homes + "/ada/data", disk.homes + "/ben/data") != 0 && errno == EXDEV)
        }
    }

    @Test("A file system without them says so in a clause, keeps nothing, and is measured by looking at every file")
    func without() async throws {
        let place = "/dev/shm"
        let obstacle = ProjectQuota.obstacle(at: place + "/not/there/yet")
        if geteuid() == 0 {
            #expect(obstacle?.hasPrefix("this file system has no project quotas") == true, "\(obstacle ?? "none")")
        }
        let path = "\(place)/carrel-quota-\(getpid())"
        let file = try HomeDirectory.open(path, owner: geteuid())
        defer {
            close(file)
            unlink(path + "/data")
            rmdir(path)
        }
        let quota = HomeQuota(bytes: 4096, project: 4006)
        #expect(!ProjectQuota.keep(quota, on: file).isEnforced)
        try Data(repeating: 1, count: 100_000).write(to: URL(filePath: path + "/data"))
        let found = try await HomeContents.measure(path, quota: quota, whole: false)
        #expect(!found.isEnforced && found.isWhole && (found.used ?? 0) >= 100_000)
    }
}
