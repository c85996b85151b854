import CarrelConfig
import CarrelCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Whether the programs that apps are started with are there, and where their sandbox shows them.
enum AppCommands {
    private static let shown = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc"]

    static func findings(of configuration: Configuration) -> [EngineFinding] {
        configuration.apps.compactMap { app -> EngineFinding? in
            guard let rule = configuration.engines.first(where: { $0.name == app.engine }),
                case .process(let settings) = rule.settings,
                // What a workspace's values complete, and a name alone, is found by the start only.
                let word = app.command.first, word.variables.isEmpty, word.description.hasPrefix("/")
            else { return nil }
            return finding(app.id, program: word.description, settings: settings, engine: rule.name)
        }
    }

    private static func finding(
        _ app: AppID,
        program: String,
        settings: ProcessSettings,
        engine: EngineName
    ) -> EngineFinding? {
        guard access(program, X_OK) == 0 else {
            let reason = String(cString: strerror(errno))
            return EngineFinding(.error, "app \(app): its command \(program) can't be started: \(reason)")
        }
        guard settings.sandbox != .off else { return nil }
        for path in [program] + [interpreter(of: program)].compactMap({ $0 }) {
            let real = URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false)
            for place in [path, real] where !isShown(place, settings.visible) {
                let what = path == program ? "its command \(program)" : "\(path), which runs its command \(program),"
                return EngineFinding(
                    .warning,
                    "app \(app): \(what) is not visible in the sandbox: add the directory of \(place) to "
                        + "engines.\(engine).visible"
                )
            }
        }
        return nil
    }

    private static func isShown(_ path: String, _ visible: [String]) -> Bool {
        (shown + visible).contains { path == $0 || path.hasPrefix($0 + "/") }
    }

    /// Of a script's first line: `#!/path …`.
    private static func interpreter(of program: String) -> String? {
        let descriptor = open(program, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var head = [UInt8](repeating: 0, count: 256)
        let count = read(descriptor, &head, head.count)
        guard count > 3, head.starts(with: Array("#!/".utf8)) else { return nil }
        return String(String(decoding: head[2..<count], as: UTF8.self).prefix { !$0.isWhitespace })
    }
}
