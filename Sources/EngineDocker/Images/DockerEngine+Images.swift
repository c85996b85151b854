import CarrelCore

extension DockerEngine {
    /// The app's image, pulled if the engine has it not.
    func image(of app: App) async throws -> ImageDetails {
        guard let name = app.image else {
            throw CarrelError(.appFailed, "The app has no image, which the container engine needs.")
        }
        do {
            if let there = try await existingImage(name) { return there }
            try await pull(name)
            if let pulled = try await existingImage(name) { return pulled }
        } catch let fault as DockerFault {
            throw fault.told("The app's image could not be looked at.")
        }
        throw CarrelError(.appFailed, "The app's image “\(name)” was pulled, and is not there.")
    }

    private func existingImage(_ name: String) async throws -> ImageDetails? {
        do { return try await client.get("/images/\(name)/json") } catch let fault as DockerFault where fault.isMissing
        {
            return nil
        }
    }

    private func pull(_ name: String) async throws {
        do {
            let isExact = name.contains("@") || name.split(separator: "/").last?.contains(":") == true
            let stream = try await client.stream(
                post: "/images/create",
                ["fromImage": isExact ? name : name + ":latest"]
            )
            try await stream.lines(PullLine.self) { line in
                if let error = line.error { throw DockerFault(status: 200, message: error, call: "pull \(name)") }
            }
        } catch let fault as DockerFault where !fault.isUnreachable {
            throw CarrelError(.appFailed, "The app's image “\(name)” can't be had.", detail: fault.description)
        }
    }
}

private struct PullLine: Decodable { var error: String? }
