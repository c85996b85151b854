import CarrelCore

/// Homes that the engine itself mounts, from the container's first step on: where they can't be attached later.
extension DockerEngine {
    /// With the driver and options that it is configured with.
    func makeVolume(of home: HomeMount) async throws {
        guard let driver = home.driver else { return }
        do {
            _ = try await HomeStorage.makeVolume(home, driver: driver, client: client, deployment: deployment)
        } catch let fault as DockerFault {
            throw fault.told("The home's volume could not be made.")
        }
    }

    /// A volume that is new, so root's and empty, becomes the app's user's; any other stays as it is. The container exists and
    /// was not started. Throws `DockerFault`.
    func hand(_ home: HomeMount, to user: UserNumbers, in container: String) async throws {
        guard home.driver != nil, user.uid != 0 else { return }
        let path = "/containers/\(container)/archive"
        let client = client
        let head = try await Deadline.within(settings.patience) {
            var head: [UInt8] = []
            for try await part in try await client.stream(get: path, ["path": home.mount]) {
                head += part
                // Of a home with files the rest is not wanted.
                if head.count >= 2 * TarArchive.block { break }
            }
            return head
        }
        guard let first = TarArchive.first(head), first.owner == 0, first.isAlone,
            let archive = TarArchive.of(
                home.mount.drop { $0 == "/" } + "/",
                .directory(mode: 0o700, uid: user.uid, gid: user.gid)
            )
        else { return }
        try await client.put(path, ["path": "/"], archive: archive)
    }
}
