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
        "Who checks: accounts kept by carrel (`local`), OpenID Connect (`oidc`), OAuth 2 (`oauth2`), or a preset. "
            + "What to enter at each provider: docs/sign-in/.",
        [
            ("local", common),
            ("oidc", common + [issuer(required: true)] + client + claims + admission),
            ("oauth2", common + client + claims + plainClaims + endpoints + admission),
            ("gitlab", common + [issuer(default: "https://gitlab.com")] + client + claims + admission),
            ("github", common + [issuer(default: "https://github.com"), api] + client + admission),
            ("microsoft", common + [microsoftIssuer, tenant] + client + claims + admission),
            ("google", common + [hostedDomain] + client + admission),
            ("keycloak", common + [issuer(required: true)] + client + claims + admission),
            ("cognito", common + [issuer(required: true), pages] + client + claims + admission),
            ("alibaba", common + [issuer(default: "https://oauth.alibabacloud.com")] + client + claims + admission),
            (
                "digitalocean",
                common + [issuer(default: "https://cloud.digitalocean.com"), digitaloceanAPI] + client + admission
            ),
            ("edx", common + [issuer(required: true)] + client + admission),
        ]
    )

    private static let tenant = Key(
        "tenant",
        .text(.word("a directory id or domain")),
        required: true,
        "The directory (tenant) id or domain. Or `organizations`, `common` or `consumers`: then anybody's accounts, so give "
            + "`allow` as well."
    )

    private static let microsoftIssuer = Key(
        "issuer",
        .text(.url),
        default: "https://login.microsoftonline.com",
        "Where sign-in is in a sovereign cloud, such as https://login.microsoftonline.us."
    )

    private static let hostedDomain = Key(
        "hosted-domain",
        .text(.domain),
        "The company's domain: accounts of others, and private ones, are refused."
    )

    private static let api = Key(
        "api",
        .text(.url),
        default: "https://api.github.com, or issuer/api/v3",
        "Where the API is."
    )

    private static let digitaloceanAPI = Key(
        "api",
        .text(.url),
        default: "https://api.digitalocean.com",
        "Where the API is."
    )

    private static let pages = Key(
        "pages",
        .text(.url),
        "Where the pool's own sign-in pages are (its domain): for signing out there as well."
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
    ]

    private static let claims = [
        Key(
            "groups-claim",
            .text(.memberPath),
            default: "the kind's own",
            "The claim that lists a member's groups, with dots into nested ones: `realm_access.roles`."
        ),
        Key(
            "name-claim",
            .text(.memberPath),
            default: "the kind's own",
            "The claim by which members are named after the colon. Must be unique at the provider, and nothing that "
                + "members can choose to be somebody else's. Where it is missing: the verified e-mail address."
        ),
    ]

    private static let plainClaims = [
        Key(
            "subject-claim",
            .text(.memberPath),
            default: "sub",
            "Where the userinfo endpoint says who it is, for ever."
        ),
        Key("email-claim", .text(.memberPath), default: "email", "Where it says the e-mail address."),
    ]

    private static let admission = [
        Key(
            "allow",
            .object(
                ObjectShape([
                    Key(
                        "groups",
                        .list(of: .text(.groupName), atLeast: 1),
                        "Groups of this provider: `company:staff`."
                    ),
                    Key(
                        "emails",
                        .list(of: .text(.word("an e-mail address, in which * stands for anything")), atLeast: 1),
                        "E-mail addresses that the provider has verified; `*` stands for anything."
                    ),
                    Key(
                        "domains",
                        .list(of: .text(.domain), atLeast: 1),
                        "What stands after the `@` of a verified address."
                    ),
                ])
            ),
            "Who may sign in: whoever one of these lists names. Without it: whoever the provider lets in."
        ),
        Key(
            "recheck",
            .text(.duration(from: .seconds(5))),
            default: "15m",
            "How soon somebody whom the provider has removed, or taken out of a group, must be out: carrel asks the "
                + "provider about everyone who is signed in, a little more often than this."
        ),
    ]

    private static let endpoints = [
        Key("authorization-endpoint", .text(.url), required: true, "Where the member is sent."),
        Key("token-endpoint", .text(.url), required: true, "Where the code is exchanged."),
        Key("userinfo-endpoint", .text(.url), required: true, "Where carrel asks who it is."),
    ]
}
