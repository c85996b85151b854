public import CarrelCore

/// What every store must do, whatever it is made of. A test target runs each of `checks`; the
/// functions behind them are spread over files by what they are about.
public struct StoreContract: Sendable {
    /// Opens a new, empty store, passes it on, and cleans up afterwards, also when the body throws.
    public typealias WithStore =
        @Sendable (_ body: @Sendable (any Store) async throws -> Void) async throws -> Void

    let withStore: WithStore

    init(withStore: @escaping WithStore) { self.withStore = withStore }
}

/// What two processes that share one store must see of each other.
public struct SharedStoreContract: Sendable {
    /// Opens one new store twice, as two processes would.
    public typealias WithTwoStores =
        @Sendable (_ body: @Sendable (any Store, any Store) async throws -> Void) async throws -> Void

    let withTwoStores: WithTwoStores

    init(withTwoStores: @escaping WithTwoStores) { self.withTwoStores = withTwoStores }
}
