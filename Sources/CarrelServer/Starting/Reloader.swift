import CarrelConfig
import CarrelCore
import CarrelGateway
import CarrelIdentity
import CarrelWorkspaces
import Logging

/// Applies a changed configuration file without dropping a connection. An invalid one changes nothing.
struct Reloader: Sendable {
    let file: String
    let current: CurrentConfiguration
    let signIn: SignIn
    let workspaces: Workspaces
    let gateway: Gateway
    let certificates: ListenerCertificates
    let logger: Logger

    /// What the operator should know: warnings of the new file. Throws `configuration` with every problem, or with
    /// what can't be changed without a restart; then nothing has changed.
    func reload() async throws -> [String] {
        let loaded: LoadedConfiguration
        do {
            loaded = try LoadedConfiguration.load(file: file)
        } catch let refused as ConfigurationRefused {
            throw CarrelError(.configuration, refused.description)
        }
        let next = loaded.configuration
        let fixed = next.changesNeedingRestart(comparedTo: current.value)
        guard fixed.isEmpty else {
            throw CarrelError(
                .configuration,
                "\(fixed.joined(separator: ", ")) can't be changed by a reload: restart carrel serve for that"
            )
        }
        do { try certificates.reload(next) } catch {
            throw CarrelError(.configuration, (error as? ConfigurationRefused)?.description ?? "\(error)")
        }
        current.value = next
        signIn.apply(next.signInRules)
        await gateway.reload(limits: next.gatewayLimits)
        await workspaces.reload(next.workspaceRules)
        logger.notice("reloaded \(file): \(next.apps.count) apps")
        return (loaded.warnings + certificates.warnings(next)).map(\.description)
    }
}
