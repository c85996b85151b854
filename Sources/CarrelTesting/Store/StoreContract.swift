public import CarrelCore

/// What every store must do, whatever it is made of. A test target runs each function as a test of its own:
/// they are spread over files by what they are about.
public struct StoreContract: Sendable {
    /// Opens a new, empty store, passes it on, and cleans up afterwards, also when the body throws.
    public typealias WithStore =
        @Sendable (_ body: @Sendable (any Store) async throws -> Void) async throws -> Void

    let withStore: WithStore

    public init(withStore: @escaping WithStore) { self.withStore = withStore }
}

/// What two processes that share one store must see of each other.
public struct SharedStoreContract: Sendable {
    /// Opens one new store twice, as two processes would.
    public typealias WithTwoStores =
        @Sendable (_ body: @Sendable (any Store, any Store) async throws -> Void) async throws -> Void

    let withTwoStores: WithTwoStores

    public init(withTwoStores: @escaping WithTwoStores) { self.withTwoStores = withTwoStores }
}
