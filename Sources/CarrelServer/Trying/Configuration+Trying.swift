import CarrelConfig
import CarrelCore

extension Configuration {
    /// The same app on the same engine, in a deployment, state and ports of its own, for one member.
    func trying(_ app: App, in scratch: String, deployment: String) -> Configuration {
        var trial = self
        trial.state = scratch
        trial.deployment = deployment
        for listener in [\Configuration.users, \Configuration.operators] {
            trial[keyPath: listener].host = "127.0.0.1"
            trial[keyPath: listener].port = 0
            trial[keyPath: listener].publicOrigin = nil
            trial[keyPath: listener].tls = nil
            trial[keyPath: listener].proxyProtocol = []
        }
        trial.drain = DrainRule(stop: .zero)
        trial.signIn.defaultApp = nil
        trial.signIn.operators = AccessRule()
        trial.signIn.providers = [
            ProviderRule(id: Self.trialProvider, kind: .local, title: "", scopes: [])
        ]
        trial.engines = engines.filter { $0.name == app.engine }
        trial.poolService = nil
        // Browsers don't come here.
        trial.isolation = IsolationRule(mode: .path, domain: nil)
        trial.apps = [app.trial(spares: app.needsOwnerAtStart ? 0 : 1)]
        return trial
    }

    static let trialProvider = "trial"
}

extension App {
    /// Open to the one who tries it, and never put away meanwhile.
    func trial(spares: Int) -> App {
        var app = self
        app.pool = PoolPolicy(spares: spares, max: 2)
        app.idle.after = nil
        app.lifetime = nil
        app.access = nil
        app.limitPerMember = nil
        // Its project id would be some member's: a trial has a store of its own.
        app.home?.rule.quota = nil
        return app
    }
}
