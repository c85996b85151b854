import CarrelCore

extension CrossChecks {
    /// Providers that are asked over the network.
    mutating func checkProviders() {
        var isRemote = false
        for element in configuredProviders {
            guard let id = element["id"]?.text, element["kind"]?.text != "local" else { continue }
            isRemote = true
            for key in ["issuer", "api", "pages", "authorization-endpoint", "token-endpoint", "userinfo-endpoint"] {
                guard let value = element[key], let text = value.text else { continue }
                checkSecrecy(of: text, value.field)
            }
            for group in element["allow"]?["groups"]?.elements ?? [] {
                guard let name = group.text, !name.hasPrefix(id + ":") else { continue }
                log.problem(
                    group.field,
                    found: name,
                    "\(quoted(name)) is another provider's group, which members of \(id) never have",
                    "write \(id):…"
                )
            }
            checkScopes(element)
            checkOpenDoor(element)
        }
        guard isRemote, configuration.users.publicOrigin == nil, !configuration.users.isLoopback else { return }
        log.warning(
            "listeners.users",
            "without public-url, the address to enter at a provider depends on the name that browsers use",
            "add public-url: https://…"
        )
    }

    private var configuredProviders: [Checked] { root["sign-in"]?["providers"]?.elements ?? [] }

    private mutating func checkSecrecy(of text: String, _ field: String) {
        guard text.lowercased().hasPrefix("http://") else { return }
        let host = text.dropFirst("http://".count).prefix { $0 != "/" }
        let name = host.hasPrefix("[") ? host.prefix { $0 != "]" } + "]" : host.prefix { $0 != ":" }
        guard !["127.0.0.1", "localhost", "[::1]"].contains(String(name)) else { return }
        log.problem(field, found: text, "secrets and passwords would cross the network unencrypted", "write https://")
    }

    private mutating func checkScopes(_ element: Checked) {
        guard let scopes = element["scopes"], let kind = element["kind"]?.text,
            !["oauth2", "github", "digitalocean", "edx"].contains(kind), !scopes.texts.contains("openid")
        else { return }
        log.problem(scopes.field, "lacks openid, without which the provider does not say who somebody is", "add openid")
    }

    /// Kinds at which the whole world has accounts.
    private mutating func checkOpenDoor(_ element: Checked) {
        guard element["allow"] == nil, let kind = element["kind"], let name = kind.text else { return }
        let isOpen =
            switch name {
            case "google": element["hosted-domain"] == nil
            case "github": element["issuer"] == nil
            case "gitlab": element["issuer"] == nil
            case "microsoft": ["organizations", "common", "consumers"].contains(element["tenant"]?.text ?? "")
            case "digitalocean": element["issuer"] == nil
            default: false
            }
        guard isOpen else { return }
        log.warning(
            kind.field,
            found: name,
            "everybody in the world who has an account there may sign in here",
            "add allow: {groups: […]}, {emails: […]} or {domains: […]}"
        )
    }
}
