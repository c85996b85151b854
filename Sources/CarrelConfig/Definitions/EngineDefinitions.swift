extension Definitions {
    static let engine = VariantShape(
        by: "kind",
        "What it is.",
        [
            ("process", process), ("docker", docker), ("swarm", swarm), ("kubernetes", kubernetes), ("ec2", ec2),
        ],
        needs: ["docker": ["address": "tls", "tls": "address"]]
    )

    private static let process = [
        Key(
            "sandbox",
            .choice(["auto", "required", "off"]),
            default: "auto",
            "Whether each workspace has its own mount, process, IPC and network namespace: where the machine "
                + "can (`auto`), always (`required`; carrel refuses to start where it can't), or never (`off`)."
        ),
        Key(
            "visible",
            .list(of: .text(.hostPath("a directory or file")), atLeast: 0),
            default: "none",
            "Directories and files that workspaces see read-only beside the system's own (`/usr /etc /bin /lib*`)."
        ),
        Key(
            "uids",
            .text(.uids),
            default: "60001-64999",
            "When carrel runs as root, every workspace runs under a user id of its own from this range. The last one is "
                + "kept for the workspaces' way out to the internet."
        ),
    ]

    static let socket = Key(
        "socket",
        .text(.hostPath("a unix socket")),
        default: "/var/run/docker.sock",
        "The Engine API's unix socket."
    )

    private static let swarm = [
        socket,
        Key(
            "constraints",
            .list(of: .text(.line("a placement constraint")), atLeast: 0),
            default: "node.role == worker",
            "Placement constraints of every service."
        ),
        Key("network", .text(.word("a network's name")), default: "made by carrel", "The overlay network."),
    ]

    private static let kubernetes = [
        Key("namespace", .text(.label), required: true, "Where pods and volume claims are made."),
        Key(
            "kubeconfig",
            .text(.hostPath("a file")),
            default: "the pod's service account",
            "How to reach and sign in to the cluster."
        ),
        Key(
            "storage-class",
            .text(.word("a storage class")),
            default: "the cluster's default",
            "Of the homes' volume claims."
        ),
    ]

    private static let ec2 = [
        Key("region", .text(.label), required: true, "The AWS region."),
        Key("instance-type", .text(.word("an instance type")), required: true, "Such as `t3.medium`."),
        Key("subnet", .text(.word("a subnet's id")), "Where instances get their address."),
        Key("security-groups", .list(of: .text(.word("a security group's id")), atLeast: 0), "Of every instance."),
        Key("instance-profile", .text(.word("a profile's name")), "The role of every instance."),
    ]
}
