import CarrelConfig
import Testing

@Suite("Values that must fit each other")
struct CrossChecksTests {
    private struct Case: CustomTestStringConvertible {
        let text: String
        let problem: String
        var testDescription: String { problem }
    }

    private static let cases: [Case] = [
        Case(
            text:
                "engines: { here: { kind: docker, discover: true } }\napps: [{ id: a, engine: here, image: i, command: "
                + "[x, '{{workspace.port}}'] }]\n",
            problem: "carrel.yaml:1:44: engines.here.discover: under isolation by path all pages have carrel's own "
                + "origin, so a shared service's page could act on the workspaces of whoever looks at it, remove it, or "
                + "give pages another name: isolation: {mode: host, domain: …}"
        ),
        Case(
            text:
                "engines: { here: { kind: process } }\napps: [{ id: a, engine: her, command: [x, "
                + "'{{workspace.port}}'] }]\n",
            problem: "carrel.yaml:2:25: apps[0].engine: there is no engine \"her\", did you mean here?"
        ),
        Case(
            text: Sample.app("    home: { volume: disc, mount: /home/member }"),
            problem: "carrel.yaml:9:21: apps[0].home.volume: there is no home \"disc\", did you mean disk?"
        ),
        Case(
            text: Sample.app("  - id: desk\n    engine: here\n    command: ['{{workspace.port}}']"),
            problem:
                "carrel.yaml:9:9: apps[1].id: \"desk\" is the id of apps[0] already, give every app an id of its own"
        ),
        Case(
            text: Sample.app("    pool: { spares: 5, max: 4 }"),
            problem: "carrel.yaml:9:29: apps[0].pool.max: 4 is less than the 5 spares, give at least 5, or fewer spares"
        ),
        Case(
            text: Sample.app("    pool: { spares: 1 }\n    environment: { WHO: \"{{user.email}}\" }"),
            problem:
                "carrel.yaml:10:25: apps[0].environment.WHO: {{user.email}} is not known when a spare starts, "
                + "for a spare "
                + "has no owner yet, remove it (identity.json in the runtime directory tells it after the claim) or set "
                + "pool.spares to 0"
        ),
        Case(
            text: Sample.app("    pool: { spares: 1 }", command: "['{{workspace.port}}', '{{workspace.name}}']"),
            problem:
                "carrel.yaml:8:37: apps[0].command[1]: {{workspace.name}} is not known when a spare starts, "
                + "for a spare "
                + "has no owner yet, remove it (identity.json in the runtime directory tells it after the claim) or set "
                + "pool.spares to 0"
        ),
        Case(
            text: Sample.app("    image: x:1"),
            problem:
                "carrel.yaml:9:12: apps[0].image: the engine here runs processes, not images, remove it and "
                + "give a command"
        ),
        Case(
            text: Sample.app("    port: 80\n    ports: { more: 80 }"),
            problem:
                "carrel.yaml:10:20: apps[0].ports.more: 80 is another port of this app already, give each a "
                + "port of its own"
        ),
        Case(
            text: Sample.app(
                "    access: { users: ['compny:ada'] }",
                top: "sign-in: { providers: [{ id: company, kind: local }] }"
            ),
            problem:
                "carrel.yaml:9:23: apps[0].access.users[0]: there is no sign-in provider \"compny\", did you "
                + "mean company?"
        ),
        Case(
            text: Sample.app(top: "sign-in: { default-app: jupyter }"),
            problem:
                "carrel.yaml:10:25: sign-in.default-app: there is no app \"jupyter\", add it under apps or "
                + "name one of: desk"
        ),
        Case(
            text: Sample.app(top: "pool-service: { default-app: desk, provider: far }"),
            problem: "carrel.yaml:10:46: pool-service.provider: there is no sign-in provider \"far\", add it under "
                + "sign-in.providers or name one of: local"
        ),
        Case(
            text: Sample.app(top: "listeners: { users: { bind: '0.0.0.0:9080', public-url: 'https://w' } }"),
            problem:
                "carrel.yaml:10:12: listeners.operators.bind: 127.0.0.1:9080 is the users' listener's address as well, "
                + "give each listener an address or port of its own"
        ),
        Case(
            text: Sample.app(
                top:
                    "isolation: { mode: host, domain: w.example }\nlisteners: { users: { public-url: "
                    + "'https://w.example:444' } }"
            ),
            problem:
                "carrel.yaml:10:34: isolation.domain: w.example is carrel's own name, give workspaces another "
                + "one: that "
                + "is what keeps their pages apart from carrel's"
        ),
        Case(
            text:
                "engines: { here: { kind: process } }\nhomes: { h: { engine: here, name: 'x-{{user.id}}' } "
                + "}\napps: []\n",
            problem:
                "carrel.yaml:2:35: homes.h.name: the engine here runs processes, which have no volumes, give a "
                + "directory: "
                + "path: /srv/homes/{{user.id}}"
        ),
        Case(
            text: "engines: { far: { kind: docker } }\napps: [{ id: a, engine: far }]\n",
            problem: "carrel.yaml:2:8: apps[0]: the engine far starts images and there is none, add image: NAME"
        ),
        Case(
            text:
                "engines: { h: { kind: process }, d: { kind: docker } }\nhomes: { v: { engine: d, name: "
                + "'v-{{user.id}}' } }\n"
                + "apps: [{ id: a, engine: h, port: 1, command: [x], home: { volume: v, mount: /m } }]\n",
            problem:
                "carrel.yaml:3:67: apps[0].home.volume: the home v belongs to the engine d, the app runs on h, "
                + "use a home of "
                + "the engine h"
        ),
    ]

    @Test("Each misfit is named where it stands, and is the only problem", arguments: cases)
    private func misfit(example: Case) {
        #expect(Sample.problems(example.text) == [example.problem])
    }

    @Test(
        "A home is named so that no two members share it",
        arguments: [
            ("path: /srv/homes", "does not contain {{user.id}}: all members would share one home"),
            ("path: '/srv/{{user.name}}/{{user.id}}'", "uses {{user.name}}"),
            ("path: '/srv/{{user.id}}/..'", "leads out of the member's own directory"),
            ("name: 'home-{{user.id}}/x'", "has characters that a volume's name can't have"),
            ("path: '/srv/{{user.id'", "which is not a template"),
        ]
    )
    func homes(key: String, message: String) {
        let text = "engines: { here: { kind: process } }\nhomes: { h: { engine: here, \(key) } }\napps: []\n"
        let problems = Sample.parse(text).problems.filter { !$0.message.contains("have no volumes") }
        #expect(problems.count == 1)
        #expect(problems.first?.message.contains(message) == true)
    }

    @Test("What works but is probably not meant is a warning, and the configuration counts")
    func warnings() {
        let open = Sample.parse(Sample.app(top: "listeners: { users: { bind: '0.0.0.0:80', public-url: 'http://w' } }"))
        #expect(open.configuration != nil)
        #expect(open.warnings.map(\.message) == ["passwords and cookies cross the network unencrypted"])
        let token = Sample.parse(Sample.app(command: "['{{workspace.port}}', '--token={{workspace.token}}']"))
        #expect(token.configuration != nil)
        #expect(token.warnings.map(\.field) == ["apps[0].command[1]"])
        let deaf = Sample.parse(Sample.app(command: "[serve]"))
        #expect(deaf.configuration != nil)
        #expect(deaf.warnings.map(\.message) == ["the app is not told where to listen"])
        let homeless = Sample.parse(Sample.app("    environment: { D: '{{workspace.home}}' }"))
        #expect(homeless.configuration != nil)
        #expect(homeless.warnings.map(\.field) == ["apps[0]"])
        let closed = Sample.parse(Sample.app(top: "listeners: { users: { bind: '[::1]:80', public-url: 'http://w' } }"))
        #expect(closed.warnings.isEmpty)
    }

    @Test("A reload says which changes it can't apply")
    func restart() throws {
        let before = try #require(Sample.parse(Sample.app()).configuration)
        let text = Sample.app(
            "    title: Desk",
            top: "deployment: other\nstate: /srv/carrel\nstore: { postgres: 'postgres://db/x' }\n"
                + "listeners: { users: { bind: '127.0.0.1:1' } }"
        )
        let after = try #require(Sample.parse(text).configuration)
        #expect(after.changesNeedingRestart(comparedTo: after).isEmpty)
        #expect(
            after.changesNeedingRestart(comparedTo: before) == ["deployment", "state", "store", "listeners.users.bind"]
        )
        var engine = before
        engine.engines = []
        engine.operators.publicOrigin = "https://ops.example.org"
        #expect(
            engine.changesNeedingRestart(comparedTo: before) == ["listeners.operators.public-url", "engines"]
        )
    }
}
