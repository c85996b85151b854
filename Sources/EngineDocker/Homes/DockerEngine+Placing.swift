import CLinux
public import CarrelCore
import EngineHost

extension DockerEngine: HomePlacing {
    public func place(of home: HomeMount, making: Bool) async throws -> HomePlace {
        guard settings.address.isThisMachine else { return .unreachable(because: "it lies on another machine") }
        guard let driver = home.driver else { return .directory(home.location) }
        let volume: VolumeDetails
        do {
            volume =
                making
                ? try await HomeStorage.makeVolume(home, driver: driver, client: client, deployment: deployment)
                : try await client.get("/volumes/\(home.location)")
        } catch let fault as DockerFault where fault.isMissing {
            return .unreachable(because: "its volume is gone")
        } catch let fault as DockerFault {
            throw fault.told("The home's volume can't be looked at.")
        }
        guard !volume.mountpoint.isEmpty else {
            return .unreachable(because: "its volume driver does not say where it lies")
        }
        let isPlain = driver == "local" && home.options.isEmpty
        guard isPlain || clinux_is_mounted(volume.mountpoint) == 1 else {
            return .unreachable(because: "its volume driver has it mounted only while somebody works in it")
        }
        guard SystemFile.exists(volume.mountpoint) else {
            return .unreachable(because: "carrel does not see the container engine's volumes")
        }
        return .directory(volume.mountpoint)
    }
}
