public import Logging
import ServiceLifecycle
import UnixSignals

/// `carrel serve`: one function builds everything from its arguments and runs it until it is told to stop.
public enum Server {
    /// Returns after SIGTERM or SIGINT, when requests have finished. Workspaces live on.
    /// Throws `CarrelError` with a sentence when something can't start; then nothing is left listening.
    public static func run(_ loaded: LoadedConfiguration, logger: Logger) async throws {
        EventLoopCount.matchCores()
        for warning in loaded.warnings { logger.warning("\(warning)") }
        let parts = try await Parts(loaded, logger: logger)
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: Services(parts: parts).all(),
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: quiet
            )
        )
        try await group.run()
        logger.notice("stopped; workspaces live on")
    }
}
