import CarrelCore

/// What the Engine API answered instead of what was asked for.
struct DockerFault: Error, CustomStringConvertible {
    /// Of HTTP. 0: there was no answer.
    let status: Int
    /// The engine's own words.
    let message: String
    /// Method and path, without what was sent.
    let call: String
    /// Where there was no answer because one side does not trust the other.
    var trust: TLSTrouble?

    var description: String { "\(call): \(status == 0 ? "" : "\(status) ")\(message)" }

    var isMissing: Bool { status == 404 }
    var isConflict: Bool { status == 409 }
    /// Somebody else's network has some of the addresses: in Docker's words, and in Podman's.
    var isSubnetTaken: Bool {
        message.contains("overlaps") || message.contains("subnet") && message.contains("already")
    }
    /// Nobody listens, or nobody may: the engine is down, not the request wrong.
    var isUnreachable: Bool { status == 0 }

    /// As others are told of it, where the caller knows nothing better to say.
    func told(_ sentence: String) -> CarrelError {
        if isUnreachable {
            let detail = [trust?.sentence, description].compactMap(\.self).joined(separator: " ")
            return CarrelError(.engineFailed, "The container engine does not answer.", detail: detail)
        }
        if message.contains("no space left on device") {
            return CarrelError(
                .engineFailed,
                "The machine that runs the workspaces has no disk space left.",
                detail: description
            )
        }
        return CarrelError(.engineFailed, sentence, detail: description)
    }
}
