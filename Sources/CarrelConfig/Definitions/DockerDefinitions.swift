extension Definitions {
    static let docker = [
        socket,
        Key(
            "address",
            .text(.tcpAddress),
            default: "the socket",
            "The Engine API of another machine, by TLS with a client certificate. Homes can't be attached to running "
                + "containers there."
        ),
        Key(
            "tls",
            .object(
                ObjectShape([
                    Key("ca", .text(.hostPath("a file")), required: true, "Who signed the engine's certificate. PEM."),
                    Key("certificate", .text(.hostPath("a file")), required: true, "Carrel's own. PEM."),
                    Key("key", .text(.hostPath("a file")), required: true, "Its private key. PEM."),
                ])
            ),
            "How carrel proves who it is at `address`."
        ),
        Key(
            "slots",
            .text(.hostPath("a directory")),
            default: "`engines/<name>/slots` below the state directory",
            "Directory of the slots that homes are attached to. Where carrel runs in a container, it must have the same path "
                + "there and on the machine, mounted with `rshared`."
        ),
        Key(
            "subnets",
            .text(.subnets),
            default: "10.213.0.0/16",
            "An IPv4 block that nothing else uses: each workspace has a network of its own, of eight addresses."
        ),
        Key(
            "network-driver",
            .text(.word("a network driver's name")),
            default: "bridge",
            "Which of the engine's drivers makes the workspaces' networks."
        ),
        Key(
            "network-options",
            .dictionary(keys: .word("an option's name"), of: .text(.anyScalar), atLeast: 0),
            default: "none",
            "What the network driver is told."
        ),
        Key(
            "registries",
            .dictionary(keys: .registry, of: .object(registryLogin), atLeast: 0),
            default: "none",
            "Credentials for fetching images, by registry: `registry.example.org:5000`, `docker.io`. They count before those "
                + "of `docker-config`. See docs/images.md."
        ),
        Key(
            "docker-config",
            .text(.hostPath("a file")),
            default: "`config.json` in `$DOCKER_CONFIG` or `~/.docker`, if it is there",
            "Docker's `config.json` with credentials or credential helpers for registries. Read, and helpers asked, at every "
                + "fetch."
        ),
        Key(
            "image-check",
            .text(.imageCheck),
            default: "10m",
            "How often it is looked at the registry whether an app's image has moved to a newer one, which is then fetched, and "
                + "the spares replaced; `never`: it is not. Images that are named by digest never move."
        ),
        Key(
            "discover",
            .flag,
            default: "false",
            "Whether running containers that others started are shown to members by their labels `org.carrel.expose.name`, "
                + "`.port` and `.access` (groups as `provider:group`, with commas between them, or `*` for every member), and "
                + "where wanted `.title`, `.prefix` (`keep` or `strip`), `.network` and `.deployment`. Never under "
                + "`isolation: { mode: path }`."
        ),
    ]

    private static let registryLogin = ObjectShape([
        Key("username", .text(.line("a user's name")), required: true, "Who fetches."),
        Key(
            "password",
            .secret(.line("a password or token"), literal: .line("a password or token"), shown: false),
            required: true,
            "Read when carrel starts: for tokens that end use `docker-config` with a credential helper."
        ),
    ])

    /// Keys of an app that only container engines understand.
    static let container = [
        Key(
            "user",
            .text(.userNumbers),
            default: "the image's own",
            "As whom the container runs: `1000` or `1000:100`, user and group. Container engines only."
        ),
        Key(
            "read-only",
            .flag,
            default: "false",
            "Whether the image's files can't be changed inside; `/tmp` and the home can. Container engines only."
        ),
        Key(
            "capabilities",
            .list(of: .text(.word("a capability's name, such as SYS_PTRACE")), atLeast: 0),
            default: "none; for images that begin as root the few that becoming somebody else needs",
            "Linux capabilities beyond the default. Container engines only."
        ),
        Key(
            "volumes",
            .list(of: .object(teamVolume), atLeast: 0),
            default: "none",
            "Volumes and directories of the team that every workspace of the app sees. Container engines only."
        ),
    ]

    private static let teamVolume = ObjectShape(
        [
            Key("name", .text(.word("a volume's name")), "A volume of the engine."),
            Key("path", .text(.hostPath("a directory")), "A directory of the engine's machine."),
            Key("mount", .text(.mount), required: true, "Where it appears inside the workspace."),
            Key("read-only", .flag, default: "true", "Whether members can't write there."),
        ],
        exactlyOneOf: ["name", "path"]
    )
}
