public import CarrelCore

extension DockerEngine: ExposedListing {
    public func exposed() async throws -> (services: [ExposedService], findings: [EngineFinding]) {
        _ = try prepared()
        var found: [String: [(service: ExposedService, container: String)]] = [:]
        var findings: [EngineFinding] = []
        do {
            let filter = #"{"label":["\#(ExposeLabels.name)"],"status":["running"]}"#
            let rows: [ContainerSummary] = try await client.get("/containers/json", ["filters": filter])
            for row in rows {
                let container = row.names.first.map { String($0.drop { $0 == "/" }) } ?? row.id
                do {
                    guard let service = try await service(row.id) else { continue }
                    found[service.name, default: []].append((service, container))
                } catch let wrong as ExposeLabels.Wrong {
                    findings.append(
                        EngineFinding(
                            .warning,
                            "The container \(container) is not shown to members: \(wrong.sentence)."
                        )
                    )
                }
            }
        } catch let fault as DockerFault {
            throw fault.told("The containers that are shown to members can't be listed.")
        }
        // Nobody can say which of them members would be let into.
        for (name, all) in found where all.count > 1 {
            let containers = all.map(\.container).sorted().joined(separator: ", ")
            findings.append(
                EngineFinding(
                    .warning,
                    "None is shown to members of the containers that call themselves \(name): \(containers)."
                )
            )
        }
        return (
            found.values.filter { $0.count == 1 }.compactMap { $0.first?.service }.sorted { $0.name < $1.name },
            findings.sorted { $0.message < $1.message }
        )
    }

    /// Nil for what is not shown here, or not any more. Looked at by its id: where the listing lags, its address may be
    /// another container's by now.
    private func service(_ id: String) async throws -> ExposedService? {
        let details: ContainerDetails
        do { details = try await client.get("/containers/\(id)/json") } catch let fault as DockerFault
            where fault.isMissing
        {
            return nil
        }
        guard details.state.status == "running", let all = details.config.labels,
            all[ContainerLabels.workspace] == nil, all[ContainerLabels.deployment] == nil, let image = details.image
        else { return nil }
        // What an image says of itself is nobody's will on this machine.
        let made: LabelledImage = try await client.get("/images/\(image)/json")
        let inherited = made.config?.labels ?? [:]
        let labels = all.filter { $0.key.hasPrefix(ExposeLabels.prefix) && inherited[$0.key] != $0.value }
        guard labels[ExposeLabels.name] != nil else { return nil }
        let said = try ExposeLabels(labels)
        if let other = said.deployment, other != deployment { return nil }
        let addresses = (details.networkSettings?.networks ?? [:])
            .compactMapValues { $0.address.flatMap { $0.isEmpty ? nil : $0 } }
        let address: String?
        if let network = said.network {
            address = addresses[network]
        } else {
            guard addresses.count < 2 else {
                throw ExposeLabels.Wrong(
                    "it is in the networks \(addresses.keys.sorted().joined(separator: ", ")), and "
                        + "\(ExposeLabels.prefix)network is to say in which it is reached"
                )
            }
            address = addresses.values.first
        }
        guard let address else {
            throw ExposeLabels.Wrong(
                "it has no address\(said.network.map { " in the network \($0)" } ?? " of its own")"
            )
        }
        return ExposedService(
            name: said.name,
            title: said.title,
            endpoint: .tcp(host: address, port: said.port),
            access: said.access,
            prefix: said.rule
        )
    }

    public nonisolated func exposedChanges() -> AsyncStream<Void> {
        let client = client
        let began = SystemClock().now()
        return AsyncStream { continuation in
            // Its parent is the reader: it is cancelled when the stream that it fills is dropped.
            let task = Task {
                await followEvents(label: ExposeLabels.name, since: began) { event in
                    // The event comes before the listing knows; looking at the container waits until both agree.
                    if let id = event.actor.id {
                        let _: ContainerDetails? = try? await client.get("/containers/\(id)/json")
                    }
                    continuation.yield()
                }
                continuation.finish()
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }
}

/// `GET /images/{name}/json`, its labels.
private struct LabelledImage: Decodable {
    var config: Config?

    struct Config: Decodable {
        var labels: [String: String]?
        enum CodingKeys: String, CodingKey { case labels = "Labels" }
    }

    enum CodingKeys: String, CodingKey { case config = "Config" }
}
