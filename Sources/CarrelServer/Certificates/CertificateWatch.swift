import CarrelCore
import ServiceLifecycle

/// Looks every few seconds whether certificates were renewed. Does nothing where there are none.
struct CertificateWatch: Service {
    /// Four `stat` calls each time; a new certificate is in use twice that later at most.
    static let interval: Duration = .seconds(2)
    let parts: Parts

    func run() async throws {
        guard !parts.certificates.isEmpty else {
            try? await gracefulShutdown()
            return
        }
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: Self.interval)) != nil { parts.certificates.look(parts.logger) }
        }
    }
}
