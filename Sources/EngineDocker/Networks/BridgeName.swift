import CarrelCore
import EngineHost

/// Names of bridges: which engine of which deployment, what the workspace may reach, and which workspace. Linux allows 15
/// bytes (IFNAMSIZ). Pure.
struct BridgeName: Sendable {
    static let option = "com.docker.network.bridge.name"

    /// Of all bridges of this engine.
    let prefix: String

    /// `mark` has eight digits and tells engines apart.
    init(mark: String) { prefix = "cr" + mark.suffix(5) }

    /// Of all bridges with this policy, which has a code of two characters.
    func prefix(code: String) -> String { prefix + code }

    /// `attempt` leads to another name where the first is taken.
    func make(code: String, workspace: WorkspaceID, attempt: Int = 0) -> String {
        // 36^6 names.
        let number = "\(workspace)/\(attempt)".utf8.fingerprint % 2_176_782_336
        let digits = String(number, radix: 36)
        return prefix(code: code) + String(repeating: "0", count: 6 - digits.count) + digits
    }

    /// Nil if it is not one of ours.
    func code(of bridge: String) -> String? {
        guard bridge.hasPrefix(prefix), bridge.utf8.count == 15 else { return nil }
        return String(bridge.dropFirst(prefix.count).prefix(2))
    }
}
