extension Definitions {
    static let listeners = ObjectShape([
        Key("users", .object(listener(default: "127.0.0.1:8080")), "Pages, workspaces and the member's API."),
        Key(
            "operators",
            .object(listener(default: "127.0.0.1:9080")),
            "Operators' console, the whole API, metrics, health and the pool-service protocol."
        ),
        Key("limits", .object(limits), "Bounds of both listeners."),
        Key(
            "drain",
            .text(.duration(from: .zero, to: .seconds(86_400))),
            default: "30s",
            "How long requests may go on and WebSockets stay open after SIGTERM."
        ),
        Key(
            "takeover-drain",
            .text(.duration(from: .zero, to: .seconds(30 * 86_400))),
            default: "12h",
            "How long requests may go on and WebSockets stay open in the old process after `carrel serve --takeover`."
        ),
    ])

    private static func listener(default bind: String) -> ObjectShape {
        ObjectShape([
            Key("bind", .text(.bind), default: bind, "Address and port to listen on. Port 0 is any free one."),
            Key(
                "public-url",
                .text(.origin),
                default: "as the request says",
                "The address that browsers use: `http://` or `https://`, without a path."
            ),
            Key(
                "tls",
                .object(
                    ObjectShape([
                        Key(
                            "certificate",
                            .text(.hostPath("a PEM file")),
                            required: true,
                            "The certificate and those that lead to its authority, in that order."
                        ),
                        Key("key", .text(.hostPath("a PEM file")), required: true, "Its private key, unencrypted."),
                        Key(
                            "redirect-from",
                            .text(.bind),
                            default: "none",
                            "Address and port, such as 0.0.0.0:80, where plain HTTP is answered with a redirect to HTTPS."
                        ),
                        Key(
                            "hsts",
                            .text(.duration(from: .zero, to: .seconds(2 * 366 * 86_400))),
                            default: "365d",
                            "How long browsers shall come here by HTTPS only (`Strict-Transport-Security`). 0s: not said."
                        ),
                    ])
                ),
                "Serve HTTPS, with HTTP/2 and HTTP/1.1. Changed files are used for new connections at once."
            ),
            Key(
                "trusted-proxies",
                .list(of: .text(.cidr), atLeast: 0),
                default: "none",
                "Networks whose `X-Forwarded-*` headers are believed."
            ),
            Key(
                "proxy-protocol",
                .list(of: .text(.cidr), atLeast: 0),
                default: "none",
                "Networks whose connections begin with a PROXY protocol header, version 2, that tells the client's "
                    + "address. Each of theirs must; nobody else's may."
            ),
        ])
    }

    private static let limits = ObjectShape([
        Key(
            "head-bytes",
            .integer(1024...1_048_576),
            default: "65536",
            "Size of a request's or response's head, in bytes."
        ),
        Key("header-count", .integer(10...10_000), default: "200", "Headers in one head."),
        Key(
            "header-timeout",
            .text(.duration(from: .milliseconds(100), to: .seconds(600))),
            default: "10s",
            "How long a client may take to send a head."
        ),
        Key(
            "idle-timeout",
            .text(.duration(from: .seconds(1), to: .seconds(7 * 86_400))),
            default: "1h",
            "How long a connection may be silent."
        ),
        Key(
            "connections-per-client",
            .integer(1...1_000_000),
            default: "1000",
            "Connections of one client address. Each request open on an HTTP/2 connection counts as one more."
        ),
        Key(
            "body-bytes",
            .integer(0...1_000_000_000_000_000),
            default: "0",
            "Size of a request's body as it is sent, in bytes; 0: any. Bodies are streamed, never kept."
        ),
        Key(
            "connect-timeout",
            .text(.duration(from: .milliseconds(100), to: .seconds(600))),
            default: "5s",
            "How long a workspace or the hub may take to accept a connection."
        ),
        Key(
            "queue-per-upstream",
            .integer(0...1_000_000),
            default: "1024",
            "Requests that wait for one workspace's connections, per event loop."
        ),
        Key(
            "resume-timeout",
            .text(.duration(from: .seconds(1), to: .seconds(600))),
            default: "15s",
            "How long a request to a paused workspace is held."
        ),
        Key(
            "keepalive-idle",
            .text(.duration(from: .seconds(1), to: .seconds(32_000))),
            default: "1m",
            "How long a connection is silent until the other side is asked whether it is still there, in whole seconds."
        ),
        Key(
            "keepalive-interval",
            .text(.duration(from: .seconds(1), to: .seconds(32_000))),
            default: "15s",
            "How long it waits for each answer; whole seconds."
        ),
        Key(
            "keepalive-probes",
            .integer(1...100),
            default: "16",
            "After how many questions without an answer the connection is closed. As long as all of this takes, by default 5 minutes, a peer may also take nothing of what is sent to it."
        ),
    ])
}
