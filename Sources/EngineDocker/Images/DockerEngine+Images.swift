public import CarrelCore

extension DockerEngine: InstancePreparing {
    public func isPrepared(_ app: App) async -> Bool {
        guard let name = app.image.map(ImageName.init) else { return true }
        do { return try await existingImage(name) != nil } catch { return true }
    }

    public func prepare(_ app: App, for workspace: WorkspaceID) async throws {
        _ = try await image(of: app, for: workspace)
    }

    public nonisolated func preparations() -> AsyncStream<Preparation> { pulls.board.listen() }

    /// The app's image, fetched if the engine has it not.
    func image(of app: App, for workspace: WorkspaceID) async throws -> ImageDetails {
        guard let name = app.image.map(ImageName.init) else {
            throw CarrelError(.appFailed, "The app has no image, which the container engine needs.")
        }
        do {
            if let there = try await existingImage(name) { return there }
            guard !name.isID else {
                throw CarrelError(.appFailed, "The app's image does not exist.", detail: "the engine has no \(name)")
            }
            try await pulls.pull(name, for: workspace)
            if let pulled = try await existingImage(name) { return pulled }
        } catch let fault as DockerFault {
            throw ImageFault.told(fault, name, nil)
        }
        throw CarrelError(.engineFailed, "The app's image was fetched, and is not there.", detail: "\(name)")
    }

    func existingImage(_ name: ImageName) async throws -> ImageDetails? {
        do { return try await client.get("/images/\(name)/json") } catch let fault as DockerFault where fault.isMissing
        {
            return nil
        }
    }
}
