import CarrelConfig
import CarrelCore
import CarrelSQLite
import Glibc
import Logging

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Where the homes that the store remembers lie.
struct HomePlaces {
    private let loaded: LoadedConfiguration
    private let engines: [EngineName: any Engine]

    init(_ loaded: LoadedConfiguration) throws {
        self.loaded = loaded
        let quiet = Logger(label: "carrel", factory: { _ in SwiftLogNoOpLogHandler() })
        let engines = try EngineList.make(of: loaded.configuration, state: loaded.state, logger: quiet)
        self.engines = Dictionary(engines.map { ($0.name, $0) }) { first, _ in first }
    }

    /// As a copy of the database knows them. A home whose place is known but where nothing is yet has no files to save, and
    /// is left out.
    func all(in copy: String) async throws -> [BackupManifest.Home] {
        var found: [BackupManifest.Home] = []
        for var home in try await known(in: copy) {
            switch try await place(of: home, making: false) {
            case .unreachable(let because): home.because = because
            case .directory(let path):
                guard access(path, F_OK) == 0 else { continue }
                home.place = path
            }
            found.append(home)
        }
        return found
    }

    /// Those that the store remembers, and those that somebody works in for the first time: a home is remembered when it is
    /// measured, and at the end of its workspace.
    private func known(in copy: String) async throws -> [BackupManifest.Home] {
        // Opening it brings it to this version's schema: not the one that is saved, nor the one that an older carrel serves.
        let look = copy + ".look"
        _ = try SQLiteStore.copy(from: copy, to: look)
        defer { for suffix in ["", "-wal", "-shm"] { unlink(look + suffix) } }
        let store = try SQLiteStore.open(path: look)
        let (remembered, living) = (try await store.homes(), try await store.living())
        try await store.close()
        var found = remembered.map { BackupManifest.Home(home: $0.home, key: $0.key, owner: $0.owner) }
        var keys = Set(found.map(\.key))
        let rules = Dictionary(
            loaded.configuration.apps.compactMap { app in app.home.map { (app.id, $0.rule) } },
            uniquingKeysWith: { first, _ in first }
        )
        for workspace in living {
            guard let owner = workspace.owner, let location = workspace.home, let rule = rules[workspace.app]
            else { continue }
            let key = HomeKey(engine: workspace.engine, location: location)
            if keys.insert(key).inserted {
                found.append(BackupManifest.Home(home: rule.id, key: key, owner: owner))
            }
        }
        return found
    }

    /// With `making`, a volume that is missing is made.
    func place(of home: BackupManifest.Home, making: Bool) async throws -> HomePlace {
        guard let rule = loaded.configuration.homes.first(where: { $0.id == home.home }) else {
            return .unreachable(because: "the configuration has no homes named \(home.home) any more")
        }
        guard let engine = engines[home.key.engine] as? any HomePlacing else {
            return .unreachable(because: "the engine \(home.key.engine) does not say where it lies")
        }
        let mount = HomeMount(
            location: home.key.location,
            mount: "",
            storageUID: 0,
            driver: rule.driver,
            options: rule.options
        )
        return try await engine.place(of: mount, making: making)
    }
}
