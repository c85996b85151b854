import Synchronization

/// Runs every job of a simulation on the caller's thread, in the order in which they came: the same steps for the same
/// seed, and a way to know that nothing is left to do until the clock moves.
public final class SimulationExecutor: TaskExecutor {
    private let jobs = Mutex<[UnownedJob]>([])

    public init() {}

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
    }

    /// Runs jobs until there are none.
    public func drain() {
        while true {
            let next = jobs.withLock { jobs in
                let next = jobs
                jobs = []
                return next
            }
            guard !next.isEmpty else { return }
            for job in next { job.runSynchronously(on: asUnownedTaskExecutor()) }
        }
    }
}
