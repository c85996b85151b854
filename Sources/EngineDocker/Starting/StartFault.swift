import CarrelCore

/// What the engine says when a container can't be made or started, told in sentences.
enum StartFault {
    static func told(_ fault: DockerFault, command: String, image: String) -> CarrelError {
        let said = fault.message
        if fault.isConflict, said.contains("already in use") {
            return CarrelError(
                .engineFailed,
                "The workspace's name is taken on the container engine.",
                detail: fault.description
            )
        }
        if said.contains("executable file not found") || said.contains("no such file or directory") {
            return CarrelError(
                .appFailed,
                "The app's command “\(command)” was not found.",
                detail: "in the image \(image): \(fault)"
            )
        }
        if said.contains("permission denied") || said.contains("exec format error") {
            return CarrelError(
                .appFailed,
                "The app's command “\(command)” can't be started.",
                detail: "in the image \(image): \(fault)"
            )
        }
        if said.contains("plugin"), said.contains("not found") {
            return CarrelError(
                .engineFailed,
                "The storage that the app needs is of a kind that the container engine does not have.",
                detail: fault.description
            )
        }
        if fault.isMissing, said.contains("network") {
            return CarrelError(
                .engineFailed,
                "The network for the workspace is gone.",
                detail: fault.description
            )
        }
        if said.contains("could not select device driver") {
            return CarrelError(
                .engineFailed,
                "The machine that runs the workspaces has no graphics processor to give.",
                detail: fault.description
            )
        }
        return fault.told("The workspace could not be started.")
    }
}
