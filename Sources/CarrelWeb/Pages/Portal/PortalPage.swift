import CarrelCore
import CarrelIdentity
import CarrelWorkspaces
import Hummingbird

/// `GET /`: the member's apps and workspaces.
enum PortalPage {
    private struct Data {
        struct AppCard {
            let id: String
            let title: String
            let description: String?
            let address: String
            let isOpen: Bool
            let csrf: String
        }

        struct Card {
            let title: String
            let name: String?
            let word: String
            let style: String
            let since: String
            let note: String?
            let address: String
            let stop: String?
            let csrf: String
        }

        struct Service {
            let title: String
            let address: String
        }

        let apps: [AppCard]
        let noApps: Bool
        let services: [Service]
        let hasServices: Bool
        let living: [Card]
        let hasLiving: Bool
        let ended: [Card]
        let hasEnded: Bool
        let homes: [HomeCard]
        let hasHomes: Bool
        let moves: Bool
    }

    /// Latest ended ones that are shown.
    private static let endedShown = 5

    static func show(_ call: Call) async throws -> Response {
        guard let user = call.caller.user else { throw AccessCheck.unauthenticated }
        let apps = await call.workspaces.apps(for: user, isOperator: call.caller.isOperator)
        let all = try await call.workspaces.workspaces(of: user.id)
        let living = all.filter(\.phase.isLiving)
        let ended = all.filter { !$0.phase.isLiving }.prefix(endedShown)
        let titles = Dictionary(apps.map { ($0.id, $0.title) }, uniquingKeysWith: { first, _ in first })
        let opened = Set(living.filter { $0.name == .unnamed }.map(\.app))
        var cards: [Data.Card] = []
        for workspace in living { cards.append(try await card(workspace, titles, call)) }
        var endedCards: [Data.Card] = []
        for workspace in ended { endedCards.append(try await card(workspace, titles, call)) }
        let services = call.openServices
        let reports = try await call.workspaces.homes(of: user.id)
        let homes = reports.compactMap { HomeCard($0, isOnly: reports.count == 1, now: call.now) }
        let data = Data(
            apps: apps.map { app in
                Data.AppCard(
                    id: app.id.description,
                    title: app.title,
                    description: app.description.isEmpty ? nil : app.description,
                    address: "/open/\(app.id)",
                    isOpen: opened.contains(app.id),
                    csrf: call.csrfToken ?? ""
                )
            },
            noApps: apps.isEmpty && services.isEmpty,
            services: services.map {
                Data.Service(title: $0.title, address: call.settings.sites.url(ofService: $0.name, hub: nil))
            },
            hasServices: !services.isEmpty,
            living: cards,
            hasLiving: !cards.isEmpty,
            ended: endedCards,
            hasEnded: !endedCards.isEmpty,
            homes: homes,
            hasHomes: !homes.isEmpty,
            moves: living.contains { $0.phaseShown != .ready && $0.phase != .paused }
        )
        return Layout("Start", script: .portal).response(call.hub.pages.portal, data, call)
    }

    private static func card(_ workspace: Workspace, _ titles: [AppID: String], _ call: Call) async throws -> Data.Card
    {
        var note = workspace.reason?.sentence
        if workspace.phase == .queued, let place = try await call.workspaces.queuePosition(workspace.id) {
            note = "Place \(place) in the queue."
        }
        let phase = workspace.phaseShown
        return Data.Card(
            title: titles[workspace.app] ?? workspace.app.description,
            name: workspace.name == .unnamed ? nil : workspace.name.description,
            word: phase.word,
            style: phase.rawValue,
            since: workspace.since(call.now),
            note: note,
            address: workspace.phase.isLiving ? workspace.path : OpenPage.address(of: workspace),
            stop: workspace.phase.isLiving && workspace.phase != .stopping ? "/workspaces/\(workspace.id)/stop" : nil,
            csrf: call.csrfToken ?? ""
        )
    }
}
