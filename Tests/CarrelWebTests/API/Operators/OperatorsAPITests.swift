import CarrelCore
import HTTPTypes
import Testing

@testable import CarrelWeb

@Suite("The operators' API")
struct OperatorsAPITests {
    @Test("Pools have the contract's fields")
    func pools() async throws {
        try await House().open(.operators) { door async throws in
            let answer = try await door.ask(.get, "/api/v1/pools", as: .observeToken)
            #expect(
                answer.text.hasPrefix(
                    #"[{"app":"jupyter","claimed":3,"queued":0,"ready":1,"starting":1,"wanted":2},"#
                )
            )
            #expect(answer.field("failing") == "exits at once; next try in 40 s")
        }
    }

    @Test("The record comes in pages")
    func audit() async throws {
        try await House().open(.operators) { door async throws in
            let first = try await door.ask(.get, "/api/v1/audit?limit=5", as: .observeToken)
            #expect(first.field("kind") == "user.added")
            #expect(first.text.hasSuffix(#""next":1}"#))
            #expect(
                try await door.ask(.get, "/api/v1/audit?after=1", as: .observeToken).text == #"{"entries":[],"next":1}"#
            )
            #expect(try await door.ask(.get, "/api/v1/audit?limit=1001", as: .observeToken).status == 400)
            #expect(try await door.ask(.get, "/api/v1/audit?after=-1", as: .observeToken).status == 400)
        }
    }

    @Test("Decisions are told of a workspace or a member, and of nothing else")
    func explain() async throws {
        let house = try House()
        let mine = try house.workspaces.add("jupyter", owner: house.ada.id)
        try await house.open(.operators) { door async throws in
            let one = try await door.ask(.get, "/api/v1/explain?workspace=\(mine.id)", as: .observeToken)
            #expect(one.field("because") == "kernel of train.ipynb busy for 2 h")
            let member = try await door.ask(.get, "/api/v1/explain?user=here%3Aada", as: .observeToken)
            #expect(member.field("because") == "has as many as allowed")
            #expect(try await door.ask(.get, "/api/v1/explain", as: .observeToken).status == 400)
            #expect(try await door.ask(.get, "/api/v1/explain?user=here:nobody", as: .observeToken).status == 404)
        }
    }

    @Test("Not ready says why, while alive stays alive")
    func health() async throws {
        try await House().open(.operators, unready: "The store does not answer.") { door async throws in
            let ready = try await door.ask(.get, "/readyz")
            #expect(ready.status == 503)
            #expect(ready.text == "The store does not answer.\n")
            #expect(try await door.ask(.get, "/healthz").status == 200)
        }
    }

    @Test("Metrics follow Prometheus's text format and count what there is")
    func metrics() async throws {
        let house = try House()
        try house.workspaces.add("jupyter", owner: house.ada.id)
        try house.workspaces.add("jupyter", owner: house.ben.id)
        try house.workspaces.add("jupyter", owner: nil, phase: .starting)
        try await house.open(.operators) { door async throws in
            let answer = try await door.ask(.get, "/metrics", as: .observeToken)
            #expect(answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
            let lines = answer.text.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.contains(#"carrel_workspaces{app="jupyter",owned="true",phase="ready"} 2"#))
            #expect(lines.contains(#"carrel_workspaces{app="jupyter",owned="false",phase="starting"} 1"#))
            #expect(lines.contains(#"carrel_pool_failing{app="shiny"} 1"#))
            #expect(lines.contains(#"carrel_engine_instances{engine="here",kind="process"} 3"#))
            let sample = /[a-z_]+\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\} -?[0-9.]+/
            for line in lines.dropLast() where !line.hasPrefix("# HELP ") && !line.hasPrefix("# TYPE ") {
                #expect(line.wholeMatch(of: sample) != nil, "\(line)")
            }
            #expect(lines.last == "")
        }
    }

    @Test("Label values are escaped")
    func labels() {
        var family = MetricFamily("m", "Help.")
        family.add(["a": "x\"y\\z\n"], 1.5)
        #expect(family.text == "# HELP m Help.\n# TYPE m gauge\nm{a=\"x\\\"y\\\\z\\n\"} 1.5\n")
    }
}
