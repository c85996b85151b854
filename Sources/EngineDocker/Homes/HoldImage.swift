import CarrelCore
import EngineHost

/// The image of the containers that keep volumes mounted: one static program, and nothing else. Made from carrel's own files,
/// so no registry is asked.
struct HoldImage: Sendable {
    /// The program `carrel-init`.
    let program: String
    let client: DockerClient

    private static let place = "carrel-init"

    /// Its name, once the engine has it.
    func ready() async throws -> String {
        guard let bytes = SystemFile.bytes(program) else {
            throw CarrelError(
                .engineFailed,
                "The program carrel-init is missing; it belongs beside carrel.",
                detail: program
            )
        }
        // Another version of the program is another image.
        let tag = String(bytes.fingerprint, radix: 16)
        let name = "carrel-hold:\(tag)"
        do {
            let _: ImageDetails = try await client.get("/images/\(name)/json")
        } catch let fault as DockerFault where fault.isMissing {
            try await client.post(
                "/images/create",
                ["fromSrc": "-", "repo": "carrel-hold", "tag": tag, "changes": "LABEL org.carrel.hold=1"],
                archive: TarArchive.of(Self.place, .program(bytes)) ?? []
            )
        }
        return name
    }

    var command: [String] { ["/" + Self.place, "hold"] }
}
