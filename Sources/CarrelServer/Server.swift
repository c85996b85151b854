import CarrelCore
public import Logging
import ServiceLifecycle

/// `carrel serve`: one function builds everything from its arguments and runs it until it is told to stop.
public enum Server {
    /// Returns after SIGTERM or SIGINT, when requests have finished, or after another process took over, when what was
    /// open here has ended. Workspaces live on. `takesOver`: from the carrel that runs now, without dropping anyone.
    /// Throws `CarrelError` with a sentence when something can't start; then nothing is left listening, and who was to
    /// be taken over from goes on.
    public static func run(_ loaded: LoadedConfiguration, takesOver: Bool = false, logger: Logger) async throws {
        EventLoopCount.matchCores()
        for warning in loaded.warnings { logger.warning("\(warning)") }
        let taking = takesOver ? try await Taking.begin(loaded, logger: logger) : nil
        do {
            try await serve(loaded, taking: taking, logger: logger)
        } catch {
            taking?.failed(error)
            throw error
        }
    }

    private static func serve(_ loaded: LoadedConfiguration, taking: Taking?, logger: Logger) async throws {
        ProcessLimits.prepare()
        let parts = try await Parts(loaded, taking: taking, logger: logger)
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: Services(parts: parts).all(), logger: quiet)
        )
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                try await parts.ending.wait()
                await group.triggerGracefulShutdown()
            }
            defer { tasks.cancelAll() }
            try await group.run()
        }
        logger.notice(parts.giving.left.isOpen ? "nothing is open here any more" : "stopped; workspaces live on")
    }
}
