import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension App {
    /// A digest of everything that shapes an instance: spares with another one are replaced.
    /// Title, access, pool, quota and idle rules take effect without that.
    public var definition: String {
        var shape = self
        shape.title = ""
        shape.description = ""
        shape.pool = PoolPolicy()
        shape.idle = IdlePolicy()
        shape.access = nil
        shape.limitPerMember = nil
        shape.lifetime = nil
        shape.origins = []
        shape.home?.rule.quota = nil
        shape.home?.rule.projects = nil
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        // Every member of App encodes without failing; an empty digest would only replace the spares once more.
        let data = (try? encoder.encode(shape)) ?? Data()
        return String(SHA256.hash(data: data).hex.prefix(16))
    }

    /// Whether spares can be kept: whoever needs the owner at the start cannot be started before the claim.
    public var needsOwnerAtStart: Bool {
        let values = environment.values.compactMap { value -> Template? in
            guard case .template(let template) = value else { return nil }
            return template
        }
        return (command + values).contains { $0.variables.contains { $0.needsOwner } }
    }
}
