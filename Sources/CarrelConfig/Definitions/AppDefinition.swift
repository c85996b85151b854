extension Definitions {
    static let app = ObjectShape(appKeys + container)

    private static let appKeys = [
        Key("id", .text(.label), required: true, "The app's name in addresses, in the API and on labels."),
        Key("title", .text(.line("a text of one line")), default: "the id", "What members read."),
        Key("description", .text(.prose("a text")), "One or two sentences for members."),
        Key("engine", .text(.label), required: true, "Where its workspaces run: a name from `engines`."),
        Key(
            "image",
            .text(.word("an image's name")),
            "What a container engine starts. Required there; not for `process`."
        ),
        Key(
            "command",
            .list(of: .text(.template), atLeast: 1),
            default: "the image's own",
            "Program and arguments. Required for `process`; there a relative program with a slash in it "
                + "(`bin/tool`), and every argument that begins with `./` or `../`, counts from this file's "
                + "directory. Others can read command lines: secrets belong in `environment`."
        ),
        Key(
            "environment",
            .dictionary(
                keys: .environmentName,
                of: .secret(.template, literal: .environmentLiteral, shown: true),
                atLeast: 0
            ),
            "Environment variables."
        ),
        Key(
            "port",
            .integer(1...65_535),
            default: "chosen by the engine: `{{workspace.port}}`",
            "Where the app listens inside the workspace."
        ),
        Key(
            "ports",
            .dictionary(keys: .label, of: .integer(1...65_535), atLeast: 0),
            "Further ports by name, reached at `/w/<id>/~<name>/`."
        ),
        Key(
            "prefix",
            .choice(["keep", "strip"]),
            default: "keep",
            "`keep`: the app is told its path (`{{workspace.path}}`) and gets it whole. `strip`: the gateway "
                + "takes `/w/<id>` off."
        ),
        Key(
            "headers",
            .dictionary(keys: .headerName, of: .secret(.headerValue, literal: .headerLiteral, shown: true), atLeast: 0),
            "Set on every request towards the app; browsers never see them."
        ),
        Key("ready", .object(ready), "When a started workspace counts as ready: any answer below 500."),
        Key("home", .object(homeUse), "The member's persistent storage. Without it, nothing is kept."),
        Key("resources", .object(resources), "Upper bounds for one workspace."),
        Key("pool", .object(pool), "How many are kept ready, and how many there may be."),
        Key("idle", .object(idle), "When a workspace that nobody uses and that computes nothing is put away."),
        Key(
            "lifetime",
            .text(.duration(from: .seconds(1))),
            default: "no limit",
            "The longest life of a workspace, from its claim."
        ),
        Key("access", .object(people), default: "every member", "Who may open it."),
        Key(
            "limits",
            .object(
                ObjectShape([
                    Key(
                        "per-member",
                        .integer(1...10_000),
                        default: "no limit",
                        "Living workspaces of this app that one member may have."
                    )
                ])
            ),
            "Bounds for each member."
        ),
        Key("network", .object(network), "What workspaces may reach."),
        Key(
            "origins",
            .list(of: .text(.origin), atLeast: 0),
            default: "the workspace's own only",
            "Further origins whose pages may open WebSockets to the app and send it unsafe methods."
        ),
        Key(
            "labels",
            .dictionary(keys: .labelKey, of: .text(.labelValue), atLeast: 0),
            "Labels of every instance, also shown by the pool-service protocol."
        ),
    ]

    private static let ready = ObjectShape([
        Key("path", .text(.requestPath), default: "/", "What is asked, below the workspace's path."),
        Key(
            "within",
            .text(.duration(from: .seconds(1), to: .seconds(86_400))),
            default: "60s",
            "A workspace that is not ready in this time has failed."
        ),
    ])

    private static let homeUse = ObjectShape([
        Key("volume", .text(.label), required: true, "A name from `homes`."),
        Key(
            "mount",
            .text(.mount),
            required: true,
            "Where the home appears inside the workspace: `{{workspace.home}}`."
        ),
        Key(
            "owner",
            .text(.userNumbers),
            default: "who the workspace runs as",
            "As whose the home's files appear inside: `1000` or `1000:100`. For images that begin as root and become "
                + "somebody else. Container engines only."
        ),
    ])

    private static let resources = ObjectShape([
        Key("cpu", .number(0.01...4096), default: "the engine's own", "Cores."),
        Key("memory", .text(.bytes), default: "the engine's own", "Bytes: `4Gi`, `512Mi`."),
        Key("gpus", .integer(0...64), default: "0", "Graphics processors."),
        Key("processes", .integer(1...4_194_304), default: "the engine's own", "Processes and threads."),
        Key(
            "shared-memory",
            .text(.bytes),
            default: "the engine's own",
            "Bytes of `/dev/shm`: `1Gi`. Container engines only."
        ),
        Key(
            "open-files",
            .integer(64...1_048_576),
            default: "the engine's own",
            "Files that one process may have open. Container engines only."
        ),
    ])

    private static let pool = ObjectShape([
        Key("spares", .integer(0...10_000), default: "0", "How many workspaces without an owner are kept ready."),
        Key(
            "max",
            .integer(1...100_000),
            default: "no limit",
            "Living workspaces of the app, spares included. Further claims are queued."
        ),
        Key(
            "max-age",
            .text(.duration(from: .seconds(1))),
            default: "no limit",
            "A spare older than this is replaced."
        ),
    ])

    private static let idle = ObjectShape([
        Key(
            "after",
            .text(.duration(from: .seconds(1))),
            default: "never",
            "How long it must be neither used nor busy."
        ),
        Key("then", .choice(["stop", "pause"]), default: "stop", "What is done with it. `pause` keeps its memory."),
        Key(
            "ignore",
            .list(of: .text(.ignoredPath), atLeast: 0),
            default: "none",
            "Paths below the workspace's own whose requests are not use; each covers everything below it."
        ),
        Key("busy", .object(busy), "What counts as computing."),
    ])

    private static let busy = ObjectShape([
        Key(
            "cpu",
            .text(.coreShare),
            default: "5%",
            "More than this share of one core is busy. `none`: CPU does not count."
        ),
        Key(
            "over",
            .text(.duration(from: .seconds(1), to: .seconds(86_400))),
            default: "2m",
            "The time that `cpu` is the mean of."
        ),
        Key("probe", .object(probe), "A question to the app itself, which answers JSON."),
    ])

    private static let probe = ObjectShape([
        Key("path", .text(.requestPath), required: true, "What is asked, below the workspace's path."),
        Key(
            "any",
            .dictionary(keys: .memberPath, of: .text(.anyScalar), atLeast: 1),
            required: true,
            "Busy if any object in the answer has all of these members with these values. Dots lead into "
                + "nested objects: `kernel.execution_state`."
        ),
        Key(
            "says",
            .text(.line("a text of one line, such as kernel of {name}")),
            default: "the path",
            "How to name what is busy: `kernel of {name}`, where `{name}` is a member of the object found."
        ),
    ])

    private static let network = ObjectShape([
        Key(
            "egress",
            .either(scalar: .choice(["internet", "none"]), list: .list(of: .text(.cidr), atLeast: 1), mapping: nil),
            default: "internet",
            "Which destinations a workspace may reach: everything but this machine and other workspaces, "
                + "nothing, or these networks."
        )
    ])
}
