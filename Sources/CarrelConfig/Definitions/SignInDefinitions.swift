extension Definitions {
    static let signIn = ObjectShape([
        Key(
            "session",
            .object(
                ObjectShape([
                    Key(
                        "lifetime",
                        .text(.duration(from: .seconds(60))),
                        default: "12h",
                        "How long a member stays signed in."
                    )
                ])
            ),
            "Sessions of the browser."
        ),
        Key("default-app", .text(.label), "Signing in goes straight to this app. Without it: to the portal."),
        Key(
            "providers",
            .list(of: .variants(provider), atLeast: 1),
            default: "one of kind `local` with the id `local`",
            "The ways to sign in."
        ),
        Key("operators", .object(people), "Who operates, beside those that an operator made one."),
    ])

    /// Members and groups by name.
    static let people = ObjectShape([
        Key("users", .list(of: .text(.memberName), atLeast: 0), "Members: `provider:name`, or `u-…`."),
        Key("groups", .list(of: .text(.groupName), atLeast: 0), "Groups: `provider:name`."),
    ])

    static let provider = VariantShape(
        by: "kind",
        "Who checks: accounts kept by carrel (`local`), OpenID Connect (`oidc`), OAuth 2 (`oauth2`), or a preset.",
        [
            ("local", common),
            ("oidc", common + [issuer(required: true)] + client),
            ("oauth2", common + client + endpoints),
            ("gitlab", common + [issuer(default: "https://gitlab.com")] + client),
            ("github", common + [issuer(default: "https://github.com")] + client),
            (
                "microsoft",
                common
                    + [
                        Key(
                            "tenant",
                            .text(.word("a directory id or domain")),
                            required: true,
                            "The directory (tenant) id or domain."
                        )
                    ] + client
            ),
            ("google", common + client),
            ("keycloak", common + [issuer(required: true)] + client),
            ("cognito", common + [issuer(required: true)] + client),
            ("alibaba", common + client),
            ("digitalocean", common + client),
            ("edx", common + [issuer(required: true)] + client),
        ]
    )

    private static let common = [
        Key(
            "id",
            .text(.label),
            required: true,
            "Stands before the colon wherever a member or group is named: `company:ada@example.org`."
        ),
        Key("title", .text(.line("a text of one line")), default: "the id", "What the sign-in page says."),
    ]

    private static func issuer(required: Bool = false, default fallback: String? = nil) -> Key {
        Key("issuer", .text(.url), required: required, default: fallback, "The provider's address.")
    }

    private static let secretWord = TextFormat.word("the secret that the provider gave to carrel")

    private static let client = [
        Key(
            "client-id",
            .text(.word("the id that the provider gave to carrel")),
            required: true,
            "Carrel's id at the provider."
        ),
        Key(
            "client-secret",
            .secret(secretWord, literal: secretWord, shown: false),
            required: true,
            "Carrel's secret at the provider."
        ),
        Key(
            "scopes",
            .list(of: .text(.word("a scope")), atLeast: 1),
            default: "the kind's own",
            "What carrel asks the provider for."
        ),
        Key(
            "groups-claim",
            .text(.memberPath),
            default: "the kind's own",
            "The claim that lists a member's groups."
        ),
    ]

    private static let endpoints = [
        Key("authorization-endpoint", .text(.url), required: true, "Where the member is sent."),
        Key("token-endpoint", .text(.url), required: true, "Where the code is exchanged."),
        Key("userinfo-endpoint", .text(.url), required: true, "Where carrel asks who it is."),
    ]
}
