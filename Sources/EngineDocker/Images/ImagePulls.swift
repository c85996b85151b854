import CarrelCore
import Logging
import Synchronization

/// Fetches images: each once at a time, however many wait for it. It goes on as long as somebody waits.
actor ImagePulls {
    private struct Waiter {
        var workspace: WorkspaceID?
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct Pull {
        /// Tells it from a later one of the same image.
        var number: Int
        var task: Task<Void, Never>
        var waiters: [Int: Waiter] = [:]
        var sentence = PullProgress().sentence
    }

    /// How often what is said of it changes at most.
    private static let spacing = Duration.milliseconds(250)

    private let client: DockerClient
    private let access: RegistryAccess
    private let logger: Logger
    /// How long the engine may say nothing at all before the fetch counts as broken off.
    private let stallLimit: Duration
    nonisolated let board = PreparationBoard()
    private var pulls: [ImageName: Pull] = [:]
    private var next = 0

    init(client: DockerClient, access: RegistryAccess, logger: Logger, stallLimit: Duration = .seconds(600)) {
        self.client = client
        self.access = access
        self.logger = logger
        self.stallLimit = stallLimit
    }

    /// Returns when it was fetched. Throws a sentence if it can't be, `CancellationError` if the caller is cancelled.
    func pull(_ name: ImageName, for workspace: WorkspaceID?) async throws {
        next += 1
        let number = next
        defer { if let workspace { board.say(nil, of: workspace) } }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                // Before it was cancelled, or the handler comes after this.
                guard !Task.isCancelled else { return continuation.resume(throwing: CancellationError()) }
                join(name, number, Waiter(workspace: workspace, continuation: continuation))
            }
        } onCancel: {
            // Handlers can't wait; the actor ends what it is about at its next turn.
            Task { await self.leave(name, number) }
        }
    }

    private func join(_ name: ImageName, _ number: Int, _ waiter: Waiter) {
        if pulls[name] == nil {
            // Nobody's child: several wait for it, and it ends with the last of them.
            pulls[name] = Pull(number: number, task: Task { await self.run(name, number) })
        }
        pulls[name]?.waiters[number] = waiter
        if let workspace = waiter.workspace, let sentence = pulls[name]?.sentence { board.say(sentence, of: workspace) }
    }

    private func leave(_ name: ImageName, _ number: Int) {
        guard let waiter = pulls[name]?.waiters.removeValue(forKey: number) else { return }
        waiter.continuation.resume(throwing: CancellationError())
        guard pulls[name]?.waiters.isEmpty == true else { return }
        pulls.removeValue(forKey: name)?.task.cancel()
    }

    private func run(_ name: ImageName, _ number: Int) async {
        let result: Result<Void, any Error>
        do { result = .success(try await fetch(name, number)) } catch { result = .failure(error) }
        guard pulls[name]?.number == number, let pull = pulls.removeValue(forKey: name) else { return }
        for waiter in pull.waiters.values { waiter.continuation.resume(with: result) }
    }

    private nonisolated func fetch(_ name: ImageName, _ number: Int) async throws {
        let began = ContinuousClock.now
        let found = try await access.login(for: name.registry)
        let how = found.map { "with credentials from \($0.source)" } ?? "without credentials"
        logger.info("fetching the image \(name) \(how)")
        let progress: PullProgress
        do {
            let headers = try found.map { ["X-Registry-Auth": try $0.login.header(for: name.registry)] } ?? [:]
            progress = try await unlessStalled { heard in
                try await self.follow(name, number, headers: headers, heard)
            }
        } catch let fault as DockerFault {
            throw ImageFault.told(fault, name, found)
        }
        let size = PullProgress.megabytes(progress.received)
        logger.info("fetched the image \(name): \(size) MB in \((ContinuousClock.now - began).forPeople)")
    }

    private nonisolated func follow(
        _ name: ImageName,
        _ number: Int,
        headers: [String: String],
        _ heard: @Sendable () -> Void
    ) async throws -> PullProgress {
        var progress = PullProgress()
        var saidAt: ContinuousClock.Instant?
        let stream = try await client.stream(post: "/images/create", ["fromImage": name.exact], headers: headers)
        try await stream.lines(PullLine.self) { line in
            heard()
            if let failure = line.failure {
                throw DockerFault(status: 200, message: failure, call: "POST /images/create")
            }
            progress.take(line)
            let now = ContinuousClock.now
            guard saidAt.map({ now - $0 >= Self.spacing }) ?? true else { return }
            saidAt = now
            await say(progress.sentence, name, number)
        }
        return progress
    }

    /// Neither engines nor registries give up a connection on which nothing comes any more.
    private nonisolated func unlessStalled<Value: Sendable>(
        _ work: @escaping @Sendable (_ heard: @escaping @Sendable () -> Void) async throws -> Value
    ) async throws -> Value {
        let heard = LastHeard()
        let limit = stallLimit
        return try await withThrowingTaskGroup(of: Value.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await work { heard.at.withLock { $0 = .now } } }
            group.addTask {
                while true {
                    let end = heard.at.withLock { $0 } + limit
                    guard ContinuousClock.now < end else { break }
                    try await Task.sleep(until: end, clock: .continuous)
                }
                let what = "the engine has said nothing for \(limit.forPeople)"
                throw DockerFault(
                    status: 200,
                    message: "context deadline exceeded: \(what)",
                    call: "POST /images/create"
                )
            }
            guard let first = try await group.next() else { throw CancellationError() }
            return first
        }
    }

    private func say(_ sentence: String, _ name: ImageName, _ number: Int) {
        guard let pull = pulls[name], pull.number == number, pull.sentence != sentence else { return }
        pulls[name]?.sentence = sentence
        for waiter in pull.waiters.values { if let id = waiter.workspace { board.say(sentence, of: id) } }
    }
}

private final class LastHeard: Sendable {
    let at = Mutex(ContinuousClock.now)
}
