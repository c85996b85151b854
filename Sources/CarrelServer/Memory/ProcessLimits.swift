import CLinux

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What the process asks of the system before it serves anybody.
enum ProcessLimits {
    static func prepare() {
        raiseDescriptors()
        clinux_keep_buffers()
    }

    /// As many descriptors as may be: a tunnel has two, and the soft limit is made for programs that use `select`.
    private static func raiseDescriptors() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
