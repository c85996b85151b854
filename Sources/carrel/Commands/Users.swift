import ArgumentParser
import CarrelCore
import CarrelServer

struct Users: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Add, list and change members.",
        subcommands: [
            UsersAdd.self, UsersList.self, UsersLink.self, UsersPassword.self, UsersChange.self,
            UsersDisable.self, UsersEnable.self,
        ]
    )
}

struct UsersAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add a local account. Prints the member's id."
    )

    @OptionGroup var configurationFile: ConfigurationOption
    @OptionGroup var json: JSONOption

    @Argument(help: "The account's name.")
    var name: String

    @Flag(name: .customLong("password-stdin"), help: "Read the password from the first line of standard input.")
    var passwordFromInput = false

    @Flag(name: .customLong("operator"), help: "May operate Carrel.")
    var isOperator = false

    @Option(name: .customLong("group"), help: "A group of theirs; may be repeated.")
    var groups: [String] = []

    @Option(help: "The local provider, where there are several.")
    var provider: String?

    func run() async throws {
        let password = try passwordFromInput ? PasswordInput.read() : nil
        try await OfflineStore.with(configurationFile.load()) { store, accounts in
            let user = try await accounts.add(
                name,
                password: password,
                provider: provider,
                groups: groups,
                isOperator: isOperator
            )
            if json.isOn { try Output.json(user) } else { Output.data(user.id.description) }
        }
    }
}

struct UsersPassword: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "password",
        abstract: "Set a local account's password from standard input."
    )

    @OptionGroup var configurationFile: ConfigurationOption

    @Argument(help: "The account's name.")
    var name: String

    @Flag(name: .customLong("password-stdin"), help: "Read the password from the first line of standard input.")
    var passwordFromInput = false

    @Option(help: "The local provider, where there are several.")
    var provider: String?

    func validate() throws {
        guard passwordFromInput else {
            throw ValidationError("Give --password-stdin and the password on standard input")
        }
    }

    func run() async throws {
        let password = try PasswordInput.read()
        try await OfflineStore.with(configurationFile.load()) { _, accounts in
            try await accounts.setPassword(password, of: name, provider: provider)
        }
    }
}

struct UsersList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "ls", abstract: "List the members.")

    @OptionGroup var configurationFile: ConfigurationOption
    @OptionGroup var json: JSONOption

    func run() async throws {
        try await OfflineStore.with(configurationFile.load()) { store, accounts in
            let users = try await store.users()
            if json.isOn { return try Output.json(users) }
            Output.table(
                ["ID", "NAME", "IDENTITIES", "GROUPS", "ROLE"],
                users.map { user in
                    [
                        user.id.description, user.name,
                        user.identities.map { "\($0.provider):\($0.name)" }.joined(separator: ","),
                        user.groups.sorted().joined(separator: ","),
                        user.isDisabled ? "disabled" : accounts.isOperator(user) ? "operator" : "member",
                    ]
                }
            )
        }
    }
}

struct UsersLink: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "link",
        abstract: "Print a sign-in link for a member that works once."
    )

    @OptionGroup var configurationFile: ConfigurationOption

    @Argument(help: "The member: a local account's name, u-… or provider:name.")
    var user: String

    @Option(help: "How long it stays good, such as 15m or 24h.")
    var lifetime = "1h"

    @Option(help: "Where it leads on this host.")
    var path = "/"

    func run() async throws {
        guard let lifetime = Duration(text: lifetime), lifetime > .zero else {
            throw ValidationError("--lifetime takes a duration such as 15m or 24h")
        }
        try await OfflineStore.with(configurationFile.load()) { _, accounts in
            Output.data(try await accounts.link(for: user, path: path, lifetime: lifetime))
        }
    }
}

struct UsersChange: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "change",
        abstract: "Change a member's role or groups. Takes effect within a second."
    )

    @OptionGroup var configurationFile: ConfigurationOption
    @OptionGroup var json: JSONOption

    @Argument(help: "The member: a local account's name, u-… or provider:name.")
    var user: String

    @Flag(inversion: .prefixedNo, help: "May operate Carrel.")
    var `operator`: Bool?

    @Option(name: .customLong("group"), help: "All their groups from now on; may be repeated.")
    var groups: [String] = []

    func validate() throws {
        guard !groups.isEmpty || self.operator != nil else {
            throw ValidationError(
                "Say what to change: --operator, --no-operator or --group G"
            )
        }
    }

    func run() async throws {
        try await OfflineStore.with(configurationFile.load()) { _, accounts in
            let user = try await accounts.change(
                self.user,
                groups: groups.isEmpty ? nil : groups,
                isOperator: self.operator,
                isDisabled: nil
            )
            if json.isOn { try Output.json(user) }
        }
    }
}

struct UsersDisable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract: "Shut a member out: every session and token of theirs ends within a second. Nothing is deleted."
    )

    @OptionGroup var configurationFile: ConfigurationOption

    @Argument(help: "The member: a local account's name, u-… or provider:name.")
    var user: String

    func run() async throws {
        try await OfflineStore.with(configurationFile.load()) { _, accounts in
            _ = try await accounts.change(user, groups: nil, isOperator: nil, isDisabled: true)
        }
    }
}

struct UsersEnable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable",
        abstract: "Let a member in again who was disabled. They have to sign in anew."
    )

    @OptionGroup var configurationFile: ConfigurationOption

    @Argument(help: "The member: a local account's name, u-… or provider:name.")
    var user: String

    func run() async throws {
        try await OfflineStore.with(configurationFile.load()) { _, accounts in
            _ = try await accounts.change(user, groups: nil, isOperator: nil, isDisabled: false)
        }
    }
}
