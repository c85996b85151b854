import CLinux
public import CarrelCore
import EngineHost

extension DockerEngine: HomeMeasuring {
    public func measure(_ home: HomeMount, whole: Bool) async throws -> HomeMeasurement {
        guard settings.address.isThisMachine else { return Self.unmeasured("it lies on another machine") }
        guard let driver = home.driver else {
            return try await HomeContents.measure(home.location, quota: home.quota, whole: whole)
        }
        let volume: VolumeDetails
        do { volume = try await client.get("/volumes/\(home.location)") } catch let fault as DockerFault
            where fault.isMissing
        {
            return HomeMeasurement(used: 0)
        } catch let fault as DockerFault {
            throw fault.told("The home's volume can't be looked at.")
        }
        guard !volume.mountpoint.isEmpty else { return Self.unmeasured("its volume driver does not say where it lies") }
        let isPlain = driver == "local" && home.options.isEmpty
        // Where it will be mounted there may be an empty directory until then.
        if !isPlain, clinux_is_mounted(volume.mountpoint) != 1 {
            guard SystemFile.exists(volume.mountpoint) else {
                return Self.unmeasured("its volume is not mounted on this machine")
            }
            throw CarrelError(.conflict, "The home is not mounted now.", detail: volume.mountpoint)
        }
        guard SystemFile.exists(volume.mountpoint) else {
            return Self.unmeasured("carrel does not see the container engine's volumes")
        }
        return try await HomeContents.measure(volume.mountpoint, quota: home.quota, whole: whole)
    }

    private static func unmeasured(_ why: String) -> HomeMeasurement {
        HomeMeasurement(used: nil, trouble: "What this home holds can't be measured: \(why).")
    }

    public func quotaSupport(of rule: HomeRule) async -> QuotaSupport {
        guard settings.address.isThisMachine else { return .unavailable(because: "the homes lie on another machine") }
        let place: String
        switch rule.kind {
        case .directory: place = rule.commonDirectory
        case .volume:
            guard rule.driver == "local", rule.options.isEmpty else {
                return .unavailable(
                    because: "where volumes of a driver, or with options, lie is known once they are mounted"
                )
            }
            guard let root = await volumesRoot() else {
                return .unavailable(because: "the container engine does not say where its volumes lie")
            }
            place = root
        }
        let obstacle = try? await blocking { ProjectQuota.obstacle(at: place) }
        return obstacle.flatMap { $0 }.map { .unavailable(because: $0) } ?? .enforced
    }

    private func volumesRoot() async -> String? {
        if let root = host?.info.rootDirectory { return root + "/volumes" }
        let info: EngineInfo? = try? await client.get("/info")
        return info?.rootDirectory.map { $0 + "/volumes" }
    }
}
