import CarrelConfig
public import CarrelCore
import CarrelIdentity
import CarrelSQLite
import Logging

/// The store as the command line uses it, beside a running server or without one. A running server takes notice of
/// what changed within a second.
public enum OfflineStore {
    /// Opens the store for as long as `body` runs.
    public static func with(
        _ loaded: LoadedConfiguration,
        _ body: (any Store, LocalAccounts) async throws -> Void
    ) async throws {
        let state = try StateDirectory(preparing: loaded.configuration.state)
        let store = try SQLiteStore.open(path: state.database)
        do {
            let keys = try SigningKeyFile.load(state: state.path)
            let signIn = SignIn(
                store: store,
                rules: loaded.configuration.signInRules,
                keys: keys,
                deployment: loaded.configuration.deployment,
                listener: "users",
                logger: Logger(label: "carrel", factory: { _ in SwiftLogNoOpLogHandler() })
            )
            try await body(store, LocalAccounts(signIn: signIn, store: store, configuration: loaded.configuration))
        } catch {
            try? await store.close()
            throw error
        }
        try await store.close()
    }
}
