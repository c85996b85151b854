import HTTPTypes

/// Every URL that the hub answers on its own name; on workspaces' names `WorkspaceDoor` does. What is not listed for a listener is 404 there.
enum Routes {
    static func of(_ listener: HubListener) -> [Endpoint] {
        switch listener {
        case .users: signingIn + portal + workspacePages + assets + api
        case .operators: signingIn + console + assets + api + operatorsAPI + health + poolService
        case .control: api + operatorsAPI + health + takeover + shells
        }
    }

    private static let signingIn = [
        Endpoint(.get, "/sign-in", .anyone, SignInPage.show),
        Endpoint(.get, "/sign-in/link/{ticket}", .anyone, SignInLink.use),
        Endpoint(.get, "/sign-in/{provider}", .anyone, ProviderStart.show),
        Endpoint(.post, "/sign-in/{provider}", .anyone, SignInForm.submit),
        Endpoint(.get, "/sign-in/{provider}/callback", .anyone, ProviderCallback.answer),
        Endpoint(.post, "/sign-in/{provider}/signed-out", .anyone, ProviderSignOut.hear),
        Endpoint(.post, "/sign-out", .form, SignOut.submit),
    ]

    private static let portal = [
        Endpoint(.get, "/", .page, PortalPage.show),
        Endpoint(.post, "/workspaces/{id}/stop", .form, StopForm.submit),
    ]

    private static let workspacePages = [
        Endpoint(.get, "/open/{app}/**", .page, OpenPage.show),
        Endpoint(.post, "/open/{app}/**", .form, OpenPage.submit),
        Endpoint(.any, "/w/**", .anyone, WorkspaceAddress.answer),
        Endpoint(.get, "/enter", .page, EnterPage.show),
    ]

    private static let console = [
        Endpoint(.get, "/", .page, ConsolePage.show),
        Endpoint(.post, "/workspaces/{id}/stop", .form, StopForm.submit),
    ]

    private static let assets = [Endpoint(.get, "/assets/{name}", .anyone, Assets.serve)]

    private static let api = [
        Endpoint(.get, "/api/v1/me", .api(.read), MeAPI.show),
        Endpoint(.get, "/api/v1/apps", .api(.read), AppsAPI.list),
        Endpoint(.get, "/api/v1/services", .api(.read), ServicesAPI.list),
        Endpoint(.get, "/api/v1/workspaces", .api(.read), WorkspacesAPI.list),
        Endpoint(.post, "/api/v1/workspaces", .api(.workspaces), ClaimAPI.claim),
        Endpoint(.get, "/api/v1/workspaces/{id}", .api(.read), WorkspacesAPI.show),
        Endpoint(.delete, "/api/v1/workspaces/{id}", .api(.workspaces), WorkspacesAPI.stop),
        Endpoint(.post, "/api/v1/workspaces/{id}/pause", .api(.workspaces), WorkspacesAPI.pause),
        Endpoint(.post, "/api/v1/workspaces/{id}/resume", .api(.workspaces), WorkspacesAPI.resume),
        Endpoint(.get, "/api/v1/workspaces/{id}/logs", .api(.read), LogsAPI.show),
        Endpoint(.get, "/api/v1/workspaces/{id}/events", .api(.read), EventsAPI.follow),
    ]

    private static let operatorsAPI = [
        Endpoint(.get, "/api/v1/pools", .api(.observe), PoolsAPI.list),
        Endpoint(.get, "/api/v1/users", .api(.observe), UsersAPI.list),
        Endpoint(.get, "/api/v1/usage", .api(.observe), UsageAPI.list),
        Endpoint(.get, "/api/v1/audit", .api(.observe), AuditAPI.list),
        Endpoint(.get, "/api/v1/engines", .api(.observe), EnginesAPI.list),
        Endpoint(.get, "/api/v1/explain", .api(.observe), ExplainAPI.list),
        Endpoint(.post, "/api/v1/reload", .api(.operate), ReloadAPI.reload),
        Endpoint(.get, "/metrics", .api(.observe), Metrics.show),
    ]

    private static let takeover = [Endpoint(.post, "/api/v1/takeover", .api(.operate), TakeoverAPI.begin)]

    private static let shells = [Endpoint(.post, "/api/v1/workspaces/{id}/exec", .api(.operate), ExecAPI.run)]

    private static let health = [
        Endpoint(.get, "/healthz", .anyone, Health.alive),
        Endpoint(.get, "/readyz", .anyone, Health.ready),
    ]

    private static let poolService = [Endpoint(.post, "/pool", .api(.pool), PoolService.serve)]
}
