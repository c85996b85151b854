public import CarrelCore
import Logging

/// Members who have just signed in, whose homes are made ready before they ask for anything.
final class Expecting: Sendable {
    private let around: Surroundings
    private let arrivals: AsyncStream<User>
    private let arrived: AsyncStream<User>.Continuation

    init(_ around: Surroundings) {
        self.around = around
        // A class that signs in at once loses the first of them, who only wait a little longer then.
        (arrivals, arrived) = AsyncStream.makeStream(of: User.self, bufferingPolicy: .bufferingNewest(256))
    }

    func note(_ user: User) { arrived.yield(user) }

    /// Until the task is cancelled.
    func run() async {
        for await user in arrivals { await prepare(user) }
    }

    private func prepare(_ user: User) async {
        let rules = around.rules.now
        var seen: Set<HomeMount> = []
        for app in rules.order.compactMap({ rules.current($0)?.app }) where app.admits(user) {
            guard let home = app.usualHome(of: user), seen.insert(home).inserted,
                let attaching = around.engines.ifPrepared(app.engine)?.can.attachHome
            else { continue }
            do { try await attaching.expect(home) } catch is CancellationError { return } catch {
                around.logger.warning("the home of \(user.id) can't be made ready: \(error)")
            }
        }
    }
}

extension App {
    /// The home of a member's unnamed workspace; nil if the app has none.
    fileprivate func usualHome(of user: User) -> HomeMount? {
        guard let home else { return nil }
        return HomeMount(
            location: home.rule.location.expanded([
                .userID: user.id.description, .workspaceName: WorkspaceName.unnamed.description,
            ]),
            mount: home.mount,
            storageUID: user.storageUID,
            driver: home.rule.driver,
            options: home.rule.options
        )
    }
}

extension Workspaces {
    /// Somebody has signed in and will ask for a workspace soon.
    public func expect(_ user: User) { expecting.note(user) }
}
