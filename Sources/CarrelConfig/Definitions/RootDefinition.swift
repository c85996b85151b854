/// The definition of `carrel.yaml`: every key, once.
enum Definitions {
    static let root = ObjectShape([
        Key(
            "state",
            .text(.hostPath("a directory")),
            default: "/var/lib/carrel, or ~/.local/state/carrel if not root",
            "Directory of the database, the keys, the sockets and the process engine's files. A reload can't change it."
        ),
        Key(
            "deployment",
            .text(.label),
            default: "main",
            "The name on every instance's label. Two deployments never touch each other's instances. A reload "
                + "can't change it."
        ),
        Key(
            "store",
            .either(
                scalar: .choice(["sqlite"]),
                list: nil,
                mapping: .object(
                    ObjectShape([
                        Key(
                            "postgres",
                            .secret(.postgresURL, literal: .postgresURL, shown: false),
                            required: true,
                            "The connection URL of the database that several hubs share."
                        )
                    ])
                )
            ),
            default: "sqlite",
            "Where members, workspaces and the record are kept: in one file below `state`, or in Postgres. A "
                + "reload can't change it."
        ),
        Key("listeners", .object(listeners), "Where carrel accepts connections, and their bounds."),
        Key("isolation", .variants(isolation), "Under which names workspaces are reached."),
        Key("sign-in", .object(signIn), "How members sign in, and who operates."),
        Key(
            "engines",
            .dictionary(keys: .label, of: .variants(engine), atLeast: 1),
            required: true,
            "Where workspaces run, by a name of your choice."
        ),
        Key(
            "homes",
            .dictionary(keys: .label, of: .object(home), atLeast: 0),
            "Where members' persistent storage lies, by a name of your choice."
        ),
        Key("apps", .list(of: .object(app), atLeast: 0), required: true, "What members can open."),
        Key(
            "pool-service",
            .object(poolService),
            "For programs written for the pool-service protocol (`POST /pool` on the operators' listener). "
                + "Without it the protocol is off."
        ),
    ])

    static let home = ObjectShape(
        [
            Key("engine", .text(.label), required: true, "The engine whose machines hold these homes."),
            Key(
                "path",
                .text(.homePath),
                "A directory for each member. It must contain `{{user.id}}`, and may contain "
                    + "`{{workspace.name}}`. A relative one counts from this file's directory."
            ),
            Key(
                "name",
                .text(.volumeName),
                "A volume for each member, by the engine's volume driver. It must contain `{{user.id}}`, and "
                    + "may contain `{{workspace.name}}`."
            ),
            Key("driver", .text(.word("a volume driver's name")), default: "local", "The volume driver."),
            Key(
                "options",
                .dictionary(keys: .word("an option's name"), of: .text(.anyScalar), atLeast: 0),
                "What the volume driver is told."
            ),
            Key(
                "quota",
                .text(.bytes),
                default: "none",
                "How much one home may hold: `20Gi`. Kept by the file system where it has project quotas (ext4, xfs); "
                    + "elsewhere a member over it can start nothing new. See docs/homes.md."
            ),
            Key(
                "projects",
                .text(.projects),
                default: "derived from the deployment",
                "Project ids that nothing else on these file systems uses, one for each home with a quota: "
                    + "`1000000-1099999`."
            ),
        ],
        exactlyOneOf: ["path", "name"],
        needs: ["driver": "name", "options": "name", "projects": "quota"]
    )

    static let poolService = ObjectShape([
        Key("default-app", .text(.label), required: true, "The app of a request that names none."),
        Key(
            "provider",
            .text(.label),
            required: true,
            "The sign-in provider whose members the protocol's `userId` names."
        ),
    ])

    static let isolation = VariantShape(
        by: "mode",
        default: "path",
        "`path`: `/w/<id>/…` on carrel's own name. `host`: on a second name. `subdomain`: `<id>.<domain>`. The last two need "
            + "`listeners.users.public-url`; `docs/isolation.md` says what each protects against.",
        [
            ("path", []),
            ("host", [Key("domain", .text(.domain), required: true, "The second name.")]),
            (
                "subdomain",
                [
                    Key(
                        "domain",
                        .text(.domain),
                        required: true,
                        "The domain that workspaces are names of: one of its own, not carrel's."
                    )
                ]
            ),
        ]
    )
}
