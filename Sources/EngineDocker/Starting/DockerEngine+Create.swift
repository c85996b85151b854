public import CarrelCore
import EngineHost
import Glibc
import Logging

extension DockerEngine {
    public func create(_ spec: InstanceSpec) async throws -> Instance {
        let host = try prepared()
        let id = spec.workspace
        return try await locks.withLock(on: id) {
            // As long as the lock is held, the listing does not take its network for what a crash left.
            await self.networks.forgetAhead(id)
            if let there = try await self.existing(id) { return there }
            // Before anything is made: it may take minutes.
            let image = try await StartParts.measure("image") { try await self.image(of: spec.app, for: id) }
            do {
                if let running = try await self.start(spec, image: image, on: host) { return running }
            } catch {
                await self.abandon(id)
                throw error
            }
            guard let instance = try await self.instance(id) else {
                throw CarrelError(.engineFailed, "The workspace was removed while it started.")
            }
            return instance
        }
    }

    /// The one that is there already. What a crash left of a start is cleared away first.
    private func existing(_ id: WorkspaceID) async throws -> Instance? {
        do {
            let details: ContainerDetails = try await client.get("/containers/\(ContainerLabels.name(id))/json")
            guard details.config.labels?[ContainerLabels.deployment] == deployment else {
                throw CarrelError(
                    .engineFailed,
                    "The workspace's name is taken on the container engine.",
                    detail: "the container \(ContainerLabels.name(id)) is not this deployment's"
                )
            }
            if details.state.status != "created" { return try await instance(id) }
        } catch let fault as DockerFault where fault.isMissing {
            guard directories.instance(id).exists else { return nil }
        } catch let fault as DockerFault {
            throw fault.told("The container can't be looked at.")
        }
        try await remove(id, grace: .zero)
        return nil
    }

    /// Nil if it did not go on to run.
    private func start(_ spec: InstanceSpec, image: ImageDetails, on host: DockerHost) async throws -> Instance? {
        let id = spec.workspace
        let directory = directories.instance(id)
        let wantsHome = spec.app.home != nil || spec.home != nil
        var record = ContainerRecord(
            workspace: id,
            app: spec.app.id,
            definition: spec.definition,
            slot: wantsHome && host.canAttach ? directories.slot(id) : nil,
            user: spec.app.container.user ?? user(of: image),
            homeOwner: spec.app.home?.owner,
            memoryLimit: spec.app.resources.memory
        )
        try SystemFile.makeDirectory(directory.path, mode: 0o700)
        try directory.write(record)
        // Until it is known who comes, everybody inside may write there; outside, nobody gets so far.
        let owner = geteuid() == 0 ? record.user : nil
        try SystemFile.makeDirectory(directory.runtime, mode: owner == nil ? 0o777 : 0o700, owner: owner?.uid)
        if let slot = record.slot { try SystemFile.makeDirectory(slot, mode: 0o700, owner: owner?.uid) }
        if let identity = spec.identity {
            try IdentityFile.write(identity, to: directory.identity, owner: owner?.uid)
        }
        let networks = networks
        async let made = StartParts.measure("network") { try await networks.make(for: spec) }
        if let home = spec.home, host.canAttach { try await mount(home, record: &record, directory: directory) }
        let place = try await made
        let plan = ContainerPlan(
            spec: spec,
            image: image,
            deployment: deployment,
            place: place,
            runtime: host.isThisMachine ? directory.runtime : nil,
            slot: record.slot,
            home: host.canAttach ? nil : spec.home
        )
        if let home = spec.home, !host.canAttach {
            record.home = AttachedHome(location: home.location, storageUID: home.storageUID, isMounted: false)
            try directory.write(record)
            try await makeVolume(of: home)
        }
        let command = spec.app.command.first?.expanded(spec.values) ?? spec.app.image ?? ""
        do {
            // No container runs before this holds. The engine has made the network: its hands are off the rules.
            async let apart: Void = StartParts.measure("firewall") { try await networks.keepApart() }
            let client = client
            try await StartParts.measure("create") {
                _ = try await client.post("/containers/create", ["name": ContainerLabels.name(id)], body: plan.request)
            }
            if let home = plan.home, let user = record.homeOwner ?? record.user {
                try await hand(home, to: user, in: ContainerLabels.name(id))
            }
            try await apart
            try await StartParts.measure("start") {
                _ = try await client.post("/containers/\(ContainerLabels.name(id))/start")
            }
            let found = try await StartParts.measure("first-step") {
                try await awaitFirstStep(of: ContainerLabels.name(id), command: command, image: spec.app.image ?? "")
            }
            guard let found else { return nil }
            record.pid = found.details.state.pid
            let isNamed = record.user == nil
            record.user = record.user ?? found.user
            try directory.write(record)
            if isNamed, let user = found.user, geteuid() == 0 {
                try SystemFile.makeDirectory(directory.runtime, mode: 0o700, owner: user.uid)
            }
            return try await instance(of: found.details)
        } catch let fault as DockerFault {
            throw StartFault.told(fault, command: command, image: spec.app.image ?? "")
        }
    }

    /// As far as the image says it in numbers.
    private func user(of image: ImageDetails) -> UserNumbers? {
        let text = image.config?.user ?? ""
        return text.isEmpty || text == "root" ? UserNumbers(uid: 0, gid: 0) : UserNumbers(text)
    }

    /// After a start that failed: nothing may be left.
    private func abandon(_ id: WorkspaceID) async {
        do { try await remove(id, grace: .zero) } catch {
            logger.error(
                "A start that failed left something behind",
                metadata: ["workspace": "\(id)", "error": "\(error)"]
            )
        }
    }
}
