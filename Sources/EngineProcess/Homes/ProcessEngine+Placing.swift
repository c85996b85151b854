public import CarrelCore

extension ProcessEngine: HomePlacing {
    public func place(of home: HomeMount, making: Bool) async throws -> HomePlace { .directory(home.location) }
}
