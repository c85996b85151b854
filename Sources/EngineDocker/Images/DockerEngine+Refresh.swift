public import CarrelCore
import Logging

/// When an image was looked for at its registry last, and what went wrong then.
struct ImageLook: Sendable {
    var at: Timestamp
    var trouble: String?
}

extension DockerEngine: ImageRefreshing {
    public func refreshImages(of apps: [App], now: Timestamp) async {
        guard let every = settings.imageCheck else { return }
        let names = Set(apps.compactMap(\.image).map(ImageName.init)).filter { !$0.isPinned }
        looks = looks.filter { names.contains($0.key) }
        let due = names.filter { name in looks[name].map { now - $0.at >= every } ?? true }
        for name in due { looks[name, default: ImageLook(at: now)].at = now }
        await withTaskGroup { group in
            for name in due { group.addTask { await self.refresh(name) } }
        }
    }

    private func refresh(_ name: ImageName) async {
        do {
            // One that was made here, or is not here yet, is nothing to ask a registry for.
            guard let here = try await existingImage(name) else { return }
            let known = name.digests(among: here.digests ?? [])
            guard !known.isEmpty else { return }
            let there = try await digest(of: name)
            looks[name]?.trouble = nil
            guard !known.contains(there) else { return }
            logger.info("the image \(name) is another one by now: \(there), no longer \(known.joined(separator: ", "))")
            try await pulls.pull(name, for: nil)
        } catch is CancellationError {
            return
        } catch {
            // Once, not every few minutes: what is here goes on being used.
            let trouble = "\(error)"
            guard looks[name]?.trouble != trouble else { return }
            looks[name]?.trouble = trouble
            logger.warning("whether there is a newer image \(name) can't be told: \(trouble)")
        }
    }

    /// What the name means at its registry now.
    private func digest(of name: ImageName) async throws -> String {
        let found = try await access.login(for: name.registry)
        do {
            let headers = try found.map { ["X-Registry-Auth": try $0.login.header(for: name.registry)] } ?? [:]
            let about: DistributionDetails = try await client.get("/distribution/\(name.exact)/json", headers: headers)
            return about.descriptor.digest
        } catch let fault as DockerFault {
            throw ImageFault.told(fault, name, found)
        }
    }

    /// Whose image's name means another image by now, of containers in a listing.
    func outdated(_ rows: [ContainerSummary]) async throws -> Set<String> {
        var current: [String: String?] = [:]
        for name in Set(rows.compactMap { $0.labels[ContainerLabels.imageName] }) {
            do { current[name] = try await existingImage(ImageName(name))?.id } catch let fault as DockerFault {
                throw fault.told("The images can't be looked at.")
            }
        }
        return Set(
            rows.filter { row in
                guard let name = row.labels[ContainerLabels.imageName], let now = current[name] ?? nil,
                    let made = row.imageID
                else { return false }
                return Self.bare(now) != Self.bare(made)
            }.map(\.id)
        )
    }

    private static func bare(_ id: String) -> Substring { id.hasPrefix("sha256:") ? id.dropFirst(7) : id[...] }
}

/// `GET /distribution/{name}/json`
private struct DistributionDetails: Decodable, Sendable {
    var descriptor: Descriptor

    struct Descriptor: Decodable, Sendable { var digest: String }

    enum CodingKeys: String, CodingKey { case descriptor = "Descriptor" }
}
