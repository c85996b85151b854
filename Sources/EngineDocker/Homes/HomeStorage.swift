import CarrelCore
import EngineHost
import Glibc

/// Where a member's home lies on this machine: a directory, or where a volume is mounted.
struct HomeStorage: Sendable {
    let path: String
    /// Who owns its files at rest.
    let owner: UInt32
    let isVolume: Bool

    private init(path: String, owner: UInt32, isVolume: Bool) {
        (self.path, self.owner, self.isVolume) = (path, owner, isVolume)
    }

    /// A volume that is missing is made. Throws with a sentence if it can't be reached from this machine.
    static func find(
        _ home: HomeMount,
        client: DockerClient,
        holders: VolumeHolders,
        deployment: String
    ) async throws -> HomeStorage {
        guard let driver = home.driver else {
            return HomeStorage(path: home.location, owner: home.storageUID, isVolume: false)
        }
        let volume: VolumeDetails
        do {
            volume = try await makeVolume(home, driver: driver, client: client, deployment: deployment)
            // Only a container can have it mounted.
            if driver != "local" || !home.options.isEmpty { try await holders.hold(home.location) }
        } catch let fault as DockerFault {
            throw fault.told("The home's volume could not be mounted.")
        }
        return try HomeStorage(volume: volume.mountpoint, storageUID: home.storageUID)
    }

    /// Does nothing if the volume is there with this driver. Throws `DockerFault`.
    static func makeVolume(
        _ home: HomeMount,
        driver: String,
        client: DockerClient,
        deployment: String
    ) async throws -> VolumeDetails {
        try await client.post(
            "/volumes/create",
            body: VolumeRequest(
                name: home.location,
                driver: driver,
                options: home.options,
                labels: [ContainerLabels.deployment: deployment, "org.carrel.home": "1"]
            ),
            as: VolumeDetails.self
        )
    }

    /// One that is new becomes the member's; one that has an owner keeps it.
    private init(volume path: String, storageUID: UInt32) throws {
        let file = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard file >= 0 else { throw HomeDirectory.unreachable(.init(path: path, code: errno)) }
        defer { close(file) }
        var about = stat()
        guard fstat(file, &about) == 0 else { throw HomeDirectory.unreachable(.init(path: path, code: errno)) }
        if about.st_uid == 0 {
            guard SystemFile.names(in: path).isEmpty else {
                throw CarrelError(.engineFailed, "The home belongs to somebody else.", detail: "\(path): it is root's")
            }
            guard chown(path, storageUID, storageUID) == 0, chmod(path, 0o700) == 0 else {
                throw HomeDirectory.unreachable(.init(path: path, code: errno))
            }
            about.st_uid = storageUID
        }
        self.path = path
        owner = about.st_uid
        isVolume = true
    }

    /// The caller closes the descriptor.
    func open() throws -> Int32 {
        guard isVolume else { return try HomeDirectory.open(path, owner: owner) }
        let file = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard file >= 0 else { throw HomeDirectory.unreachable(.init(path: path, code: errno)) }
        return file
    }
}
