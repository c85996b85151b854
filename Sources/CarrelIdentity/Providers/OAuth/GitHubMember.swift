/// GitHub's REST API: user, addresses, organisations and teams. https://docs.github.com/en/rest/users
extension OAuthAPI {
    private static let headers: [(name: String, value: String)] = [
        ("Accept", "application/vnd.github+json"), ("X-GitHub-Api-Version", "2022-11-28"), ("User-Agent", "carrel"),
    ]
    /// Pages of a hundred that are read of organisations and of teams.
    private static let mostPages = 10

    /// `base`: `https://api.github.com`, or `https://github.example.org/api/v3`. Groups are organisations (`acme`) and
    /// teams (`acme/data-science`), by the names that stand in addresses.
    func githubMember(_ base: String) async throws(ProviderFault) -> ProviderMember {
        let user = try await get("GitHub's user", "\(base)/user", headers: Self.headers)
        guard let id = user["id"]?.identifier, let login = user["login"]?.text.flatMap(Claims.plainName) else {
            throw Self.missing("who it is")
        }
        let email = try await githubEmail(base)
        var groups: Set<String> = []
        // Without that scope there are no groups to ask for.
        if profile.scopes.contains("read:org") {
            for organisation in try await githubPages("GitHub's organisations", "\(base)/user/orgs?per_page=100") {
                if let name = organisation["login"]?.text { groups.insert(name) }
            }
            for team in try await githubPages("GitHub's teams", "\(base)/user/teams?per_page=100") {
                guard let slug = team["slug"]?.text, let owner = team["organization"]?["login"]?.text else { continue }
                groups.insert("\(owner)/\(slug)")
            }
        }
        return ProviderMember(
            subject: id,
            name: login,
            displayName: user["name"]?.text.flatMap { ProviderMember.shown($0) } ?? login,
            email: email,
            emailIsVerified: email != nil,
            groups: groups.filter(Claims.isGroup)
        )
    }

    /// The primary address, if it is verified. The one in the profile is what the member likes to show.
    private func githubEmail(_ base: String) async throws(ProviderFault) -> String? {
        guard profile.scopes.contains("user:email") || profile.scopes.contains("user") else { return nil }
        let list = try await get("GitHub's addresses", "\(base)/user/emails?per_page=100", headers: Self.headers)
        return list.elements?.first { $0["primary"]?.flag == true && $0["verified"]?.flag == true }?["email"]?.text
            .flatMap(Claims.email)
    }

    private func githubPages(_ what: String, _ first: String) async throws(ProviderFault) -> [JSONValue] {
        var all: [JSONValue] = []
        var next: String? = first
        var left = Self.mostPages
        while let url = next, left > 0 {
            left -= 1
            let page = try await calls.page(what, at: url, bearer: token, headers: Self.headers)
            all += page.json.elements ?? []
            next = page.link.flatMap(Self.next)
            // The token goes nowhere but where the first page was.
            if let following = next, Self.origin(following) != Self.origin(first) { next = nil }
        }
        return all
    }

    /// `<https://api.github.com/user/orgs?page=2>; rel="next", …` (RFC 8288).
    static func next(_ link: String) -> String? {
        for part in link.split(separator: ",") where part.contains("rel=\"next\"") {
            guard let open = part.firstIndex(of: "<"), let close = part.firstIndex(of: ">"), open < close else {
                continue
            }
            return String(part[part.index(after: open)..<close])
        }
        return nil
    }

    private static func origin(_ url: String) -> [Substring] {
        Array(url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).prefix(3))
    }
}
