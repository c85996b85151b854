import CLinux
import CarrelCore
import ServiceLifecycle

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Gives memory that is free back to the system once a burst is over.
///
/// glibc returns only what lies at the end of its heaps: after 2,000 tunnels had passed 64 KiB each way and were closed,
/// 57 KB for each stayed resident. Giving back takes milliseconds, during which others may wait for memory: so it is
/// done only where the process has grown, and while it does next to nothing, or has grown by half and is busy for long:
/// looking after ten thousand workspaces is never nothing.
struct MemoryReturn: Service {
    static let interval: Duration = .seconds(2)
    /// Bytes.
    static let least = 2 << 20
    /// Of one processor, since the last look.
    static let quiet = 0.1
    /// Looks.
    static let patience = 3

    func run() async throws {
        var (last, left) = (Self.processorTime(), Self.resident())
        var looks = 0
        while true {
            do { try await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.interval) } } catch { return }
            let (now, held) = (Self.processorTime(), Self.resident())
            let used = now - last
            last = now
            left = min(left, held)
            looks = held > left + left / 2 ? looks + 1 : 0
            let isQuiet = used < Self.interval * Self.quiet && held > left + Self.least
            guard isQuiet || looks >= Self.patience else { continue }
            looks = 0
            clinux_return_memory()
            left = Self.resident()
        }
    }

    /// Of all threads.
    private static func processorTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// Bytes (proc(5), `statm`).
    private static func resident() -> Int {
        let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return 0 }
        defer { close(file) }
        var text = [UInt8](repeating: 0, count: 128)
        let count = read(file, &text, text.count)
        guard count > 0 else { return 0 }
        let words = String(decoding: text[..<count], as: UTF8.self).split(separator: " ")
        return (words.count > 1 ? Int(words[1]) ?? 0 : 0) * 4096
    }
}
