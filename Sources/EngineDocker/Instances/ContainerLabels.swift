import CarrelCore

/// What a container says of itself on its labels.
enum ContainerLabels {
    static let deployment = "org.carrel.deployment"
    static let workspace = "org.carrel.workspace"
    static let app = "org.carrel.app"
    static let definition = "org.carrel.definition"
    /// What its image is known by: the digest at its registry, or else its id.
    static let image = "org.carrel.image"
    /// What the app calls it.
    static let imageName = "org.carrel.image.name"
    /// Where the app listens, inside.
    static let port = "org.carrel.port"
    /// Further ports: `name=port,…`.
    static let ports = "org.carrel.ports"

    static func filter(_ deployment: String) -> String { #"{"label":["\#(Self.deployment)=\#(deployment)"]}"# }

    static func name(_ workspace: WorkspaceID) -> String { "carrel-\(workspace)" }

    /// Of an event's attributes: by its label, and by its name where there are no labels.
    static func workspace(of attributes: [String: String]) -> WorkspaceID? {
        if let label = attributes[workspace] { return WorkspaceID(label) }
        let prefix = "carrel-"
        return attributes["name"].flatMap {
            $0.hasPrefix(prefix) ? WorkspaceID(String($0.dropFirst(prefix.count))) : nil
        }
    }

    static func of(
        _ spec: InstanceSpec,
        image details: ImageDetails,
        deployment: String,
        port: Int
    ) -> [String: String] {
        // The app's own first: none of them may pretend to be another workspace.
        spec.app.labels.merging(
            [
                Self.deployment: deployment,
                workspace: spec.workspace.description,
                app: spec.app.id.description,
                definition: spec.definition,
                image: spec.app.image.map(ImageName.init)?.digests(among: details.digests ?? []).first ?? details.id,
                imageName: spec.app.image ?? "",
                Self.port: String(port),
                ports: spec.app.ports.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ","),
            ]
        ) { _, ours in ours }
    }

    static func ports(_ text: String?) -> [String: Int] {
        (text ?? "").split(separator: ",").reduce(into: [:]) { all, part in
            let pair = part.split(separator: "=")
            if pair.count == 2, let port = Int(pair[1]) { all[String(pair[0])] = port }
        }
    }
}
