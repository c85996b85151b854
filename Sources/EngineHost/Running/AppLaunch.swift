package import CarrelCore

/// What one app is started with: its command and environment as it sees them. Pure.
package struct AppLaunch: Sendable {
    package var arguments: [String]
    package var environment: [String: String]
    package var workingDirectory: String

    /// Where programs are looked for, on this machine.
    package static let systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// `home`, `runtime` and `temporary` as the app sees them. Without `path` it is what the image says, as is the name of
    /// the user.
    package init(
        spec: InstanceSpec,
        port: Int,
        home: String?,
        runtime: String,
        temporary: String,
        path: String? = systemPath
    ) {
        var values = spec.values
        values[.workspacePort] = String(port)
        values[.workspaceHome] = home ?? runtime
        values[.workspaceRuntime] = runtime
        arguments = spec.app.command.map { $0.expanded(values) }
        environment = [
            "HOME": home ?? runtime, "LANG": "C.UTF-8", "TMPDIR": temporary, "XDG_RUNTIME_DIR": runtime,
            "CARREL_WORKSPACE": spec.workspace.description,
        ]
        if let path {
            environment["PATH"] = path
            environment.merge(["USER": "member", "LOGNAME": "member", "SHELL": "/bin/bash"]) { _, ours in ours }
        }
        if let home {
            // Jupyter opens files where it keeps its data as soon as it starts; in a home that comes later they would
            // be covered. What a member installed is found in the home all the same.
            environment["JUPYTER_RUNTIME_DIR"] = runtime + "/jupyter"
            environment["JUPYTER_DATA_DIR"] = runtime + "/jupyter-data"
            environment["JUPYTER_PATH"] = home + "/.local/share/jupyter"
        }
        for (name, value) in spec.app.environment {
            switch value {
            case .template(let template): environment[name] = template.expanded(values)
            case .secret(let secret): environment[name] = secret.reveal()
            }
        }
        workingDirectory = runtime
    }
}
