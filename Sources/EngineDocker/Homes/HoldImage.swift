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
                archive: Self.archive(Self.place, bytes)
            )
        }
        return name
    }

    var command: [String] { ["/" + Self.place, "hold"] }

    /// A tar archive of one executable file (POSIX.1-1988, ustar).
    static func archive(_ name: String, _ bytes: [UInt8]) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
        }
        func octal(_ value: Int, _ digits: Int) -> String {
            let text = String(value, radix: 8)
            return String(repeating: "0", count: digits - text.utf8.count) + text
        }
        put(name, at: 0)
        put("0000755", at: 100)
        put("0000000", at: 108)
        put("0000000", at: 116)
        put(octal(bytes.count, 11), at: 124)
        put("00000000000", at: 136)
        put("        ", at: 148)
        put("0", at: 156)
        put("ustar", at: 257)
        put("00", at: 263)
        put(octal(header.reduce(0) { $0 + Int($1) }, 6), at: 148)
        header[154] = 0
        header[155] = UInt8(ascii: " ")
        let padding = [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
        return header + bytes + padding + [UInt8](repeating: 0, count: 1024)
    }
}
