import CarrelCore

/// What one app is started with: its command and environment as it sees them. Pure.
struct AppLaunch: Sendable {
    var arguments: [String]
    var environment: [String: String]
    var workingDirectory: String

    /// `home`, `runtime` and `temporary` as the app sees them.
    init(spec: InstanceSpec, port: Int, home: String?, runtime: String, temporary: String) {
        var values = spec.values
        values[.workspacePort] = String(port)
        values[.workspaceHome] = home ?? runtime
        values[.workspaceRuntime] = runtime
        arguments = spec.app.command.map { $0.expanded(values) }
        environment = [
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": home ?? runtime, "USER": "member", "LOGNAME": "member", "SHELL": "/bin/bash",
            "LANG": "C.UTF-8", "TMPDIR": temporary, "XDG_RUNTIME_DIR": runtime,
            "CARREL_WORKSPACE": spec.workspace.description,
        ]
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
