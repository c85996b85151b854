import CarrelConfig
import CarrelCore
import CarrelGateway
import Glibc
import Logging
import ServiceLifecycle
import UnixSignals

/// SIGTERM or SIGINT stops: what is open may go on for `drain`. The second ends at once. A process that handed over
/// has `takeover-drain`; the first signal brings that down to `drain`.
struct StopSignals: Service {
    let parts: Parts

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var wasTold = false
            for await signal in await UnixSignalsSequence(trapping: .sigterm, .sigint) {
                guard !wasTold else {
                    parts.logger.warning("\(signal) again: ending at once")
                    _exit(1)
                }
                wasTold = true
                let drain = parts.configuration.drain.stop
                if parts.giving.left.isOpen {
                    parts.gateway.hasten(to: drain)
                } else {
                    parts.elders.end(within: drain)
                    parts.ending.open()
                }
            }
        }
    }
}
