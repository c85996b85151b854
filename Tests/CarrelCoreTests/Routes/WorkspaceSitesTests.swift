import CarrelCore
import Testing

@Suite("Where browsers find workspaces")
struct WorkspaceSitesTests {
    private let id = WorkspaceID("ws-abcdefghijklmnop")

    @Test("On the hub's own name by path")
    func path() throws {
        let id = try #require(id)
        let sites = WorkspaceSites(.path, domain: "", hubOrigin: "https://work.example.org")
        #expect(sites == .onHub)
        #expect(sites.path(of: id) == "/w/\(id)/")
        #expect(sites.origin(of: id) == nil)
        #expect(sites.url(of: id, hub: "https://work.example.org") == "https://work.example.org/w/\(id)/")
        #expect(sites.url(of: id, hub: nil) == "/w/\(id)/")
        #expect(sites.policySource == nil)
        #expect(sites.cookieName(of: id, base: "c") == "c")
    }

    @Test("On a second name, with a cookie's name for each")
    func host() throws {
        let id = try #require(id)
        let sites = WorkspaceSites(.host, domain: "Desk.example.net", hubOrigin: "https://work.example.org:8443")
        #expect(sites.path(of: id) == "/w/\(id)/")
        #expect(sites.origin(of: id) == "https://desk.example.net:8443")
        #expect(sites.url(of: id, hub: "https://work.example.org") == "https://desk.example.net:8443/w/\(id)/")
        #expect(sites.policySource == "https://desk.example.net:8443")
        #expect(sites.cookieName(of: id, base: "c") == "c-abcdefghijklmnop")
        #expect(sites.url(ofService: "grafana", hub: nil) == "https://desk.example.net:8443/s/grafana/")
    }

    @Test("On a name each; the scheme's own port is not written")
    func subdomain() throws {
        let id = try #require(id)
        for hub in ["http://work.example.org", "http://work.example.org:80", "HTTP://[::1]:80", "http://[::1]"] {
            let sites = WorkspaceSites(.subdomain, domain: "desk.example.net", hubOrigin: hub)
            #expect(sites.path(of: id) == "/")
            #expect(sites.url(of: id, hub: hub) == "http://\(id).desk.example.net/")
            #expect(sites.policySource == "http://*.desk.example.net")
            #expect(sites.cookieName(of: id, base: "c") == "c")
            #expect(sites.url(ofService: "grafana", hub: nil) == "http://grafana.desk.example.net/")
        }
    }

    @Test("A service's id has the shape of a workspace's, and stays the same")
    func services() {
        let one = WorkspaceID(service: "grafana", deployment: "main")
        #expect(WorkspaceID(one.description) == one)
        #expect(WorkspaceID(service: "grafana", deployment: "main") == one)
        #expect(WorkspaceID(service: "grafana", deployment: "other") != one)
        #expect(WorkspaceID(service: "shiny", deployment: "main") != one)
    }
}
