import CarrelConfig
import CarrelTesting

/// Configurations to start from, and the ways to read them.
enum Sample {
    static let directory = "/etc/carrel"

    static func surroundings(
        environment: [String: String] = [:],
        files: [String: String] = [:]
    ) -> Surroundings {
        Surroundings(directory: directory, defaultState: "/var/lib/carrel", environment: environment) { path in
            guard let text = files[path] else { throw NoSuchFile() }
            return text
        }
    }

    struct NoSuchFile: Error, CustomStringConvertible { var description: String { "no such file" } }

    static func parse(
        _ text: String,
        environment: [String: String] = [:],
        files: [String: String] = [:]
    ) -> ConfigurationFile.Result {
        let surroundings = surroundings(environment: environment, files: files)
        return ConfigurationFile.parse(text: text, fileName: "carrel.yaml", surroundings: surroundings)
    }

    /// The problems as they are printed.
    static func problems(_ text: String, environment: [String: String] = [:], files: [String: String] = [:]) -> [String]
    {
        parse(text, environment: environment, files: files).problems.map(\.description)
    }

    /// An engine and one app, whose further keys are given with the indentation that they have there (4 blanks).
    static func app(_ keys: String = "", top: String = "", command: String = #"[serve, "{{workspace.port}}"]"#)
        -> String
    {
        """
        engines:
          here: { kind: process }
        homes:
          disk: { engine: here, path: "/srv/homes/{{user.id}}" }
        apps:
          - id: desk
            engine: here
            command: \(command)
        \(keys)
        \(top)
        """
    }

    /// The contract's example with everything in it.
    static let contract = """
        state: /var/lib/carrel
        deployment: main
        store: sqlite
        listeners:
          users:     { bind: 0.0.0.0:8080, public-url: "https://work.example.org", tls: {certificate: tls/c.pem, key: tls/k.pem}, trusted-proxies: [10.0.0.0/8] }
          operators: { bind: 127.0.0.1:9080, public-url: "https://carrel.ops.example.org" }
          limits:    { head-bytes: 65536, header-timeout: 10s, idle-timeout: 1h, connections-per-client: 1000 }
        isolation: { mode: path }
        sign-in:
          session: { lifetime: 12h }
          default-app: jupyter
          providers:
            - { id: company, kind: gitlab, title: "Company account", issuer: "https://gitlab.example.org", client-id: carrel, client-secret: {env: GITLAB_SECRET} }
            - { id: here, kind: local }
          operators: { users: ["company:ada@example.org"], groups: ["company:platform"] }
        engines:
          here:   { kind: process, sandbox: auto, visible: [/opt/venvs] }
          docker: { kind: docker, socket: /var/run/docker.sock, slots: /var/lib/carrel/slots }
        homes:
          team: { engine: docker, driver: local, options: {}, name: "home-{{user.id}}" }
        apps:
          - id: jupyter
            title: JupyterLab
            description: Notebooks in Python and R
            engine: docker
            image: carrel/jupyter:1
            command: [start-jupyter, "--ServerApp.base_url={{workspace.path}}"]
            environment: { JUPYTER_TOKEN: "{{workspace.token}}" }
            port: 8888
            ports: { versions: 2310 }
            prefix: keep
            headers: { Authorization: "token {{workspace.token}}" }
            ready: { path: /api/status, within: 60s }
            home: { volume: team, mount: /home/member }
            resources: { cpu: 2, memory: 4Gi, gpus: 0, processes: 512 }
            pool: { spares: 3, max: 40, max-age: 24h }
            idle: { after: 30m, then: stop, ignore: [/api/status, /api/kernels, /api/sessions, /api/terminals, /api/contents],
                    busy: { cpu: 5%, over: 2m, probe: { path: /api/kernels, any: { execution_state: busy } } } }
            lifetime: 24h
            access: { groups: ["company:data-science"] }
            limits: { per-member: 2 }
            network: { egress: internet }
            labels: { purpose: analysis }
        pool-service: { default-app: jupyter, provider: company }

        """
}
