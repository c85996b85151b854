import CarrelCore
import HTTPTypes
import Synchronization
import Testing

@testable import CarrelWeb

@Suite("Homes on pages and in the API")
struct HomesTests {
    private func house(_ change: (inout HomeRecord) -> Void = { _ in }, quota: Int64? = nil) throws -> House {
        let house = try House()
        let key = HomeKey(engine: try #require(EngineName("here")), location: "/homes/\(house.ada.id)")
        var record = HomeRecord(key: key, home: "team", owner: house.ada.id)
        change(&record)
        let report = HomeReport(record, quota: quota)
        house.workspaces.state.withLock { $0.homes = [report] }
        return house
    }

    @Test("A member is told of theirs alone, an operator of everybody's, and metrics name the member by id")
    func told() async throws {
        let house = try house(
            { record in
                record.used = 6 << 30
                record.measuredAt = Timestamp("2026-01-31T09:00:00Z")
            },
            quota: 20 << 30
        )
        let view = """
            {"enforced":false,"measuredAt":"2026-01-31T09:00:00.000Z","name":"team","quota":21474836480,"used":6442450944}
            """
        try await house.open { door async throws in
            #expect(try await door.ask(.get, "/api/v1/me", as: house.ada).text.contains("\"homes\":[\(view)]"))
            #expect(try await door.ask(.get, "/api/v1/me", as: house.ben).text.contains("\"homes\":[]"))
            let page = try await door.ask(.get, "/", as: house.ada).text
            #expect(page.contains("6 GiB of 20 GiB") && page.contains("value=\"30\"") && !page.contains("alert"))
            #expect(try await !door.ask(.get, "/", as: house.ben).text.contains("My home"))
        }
        try await house.open(.operators) { door async throws in
            #expect(try await door.ask(.get, "/api/v1/users", as: house.olga).text.contains("\"homes\":[\(view)]"))
            let metrics = try await door.ask(.get, "/metrics", as: house.olga).text
            let labels = #"engine="here",home="team",location="/homes/\#(house.ada.id)",user="\#(house.ada.id)""#
            #expect(metrics.contains("carrel_home_used_bytes{\(labels)} 6442450944\n"))
            #expect(metrics.contains("carrel_home_quota_bytes{\(labels)} 21474836480\n"))
            #expect(metrics.contains(#"carrel_homes_unmeasurable{engine="here",home="team"} 0"#))
        }
    }

    @Test("What can't be measured is null with a reason, never 0")
    func unknown() async throws {
        let house = try house { $0.trouble = "It is far away." }
        try await house.open { door async throws in
            let me = try await door.ask(.get, "/api/v1/me", as: house.ada).text
            #expect(me.contains(#""quota":null,"unknown":"It is far away.","used":null"#))
            #expect(try await door.ask(.get, "/", as: house.ada).text.contains("It is far away."))
        }
        try await house.open(.operators) { door async throws in
            let metrics = try await door.ask(.get, "/metrics", as: house.olga).text
            #expect(!metrics.contains("carrel_home_used_bytes{"))
            #expect(metrics.contains(#"carrel_homes_unmeasurable{engine="here",home="team"} 1"#))
        }
    }

    @Test(
        "The portal warns from 90 % on, and says what a full home means",
        arguments: [
            (89, false, nil), (90, false, "nearly full"), (100, false, "no workspace is started"),
            (100, true, "nothing more can be saved"),
        ] as [(Int64, Bool, String?)]
    )
    func warning(_ percent: Int64, _ isEnforced: Bool, _ words: String?) async throws {
        let house = try house(
            { record in
                record.used = percent << 20
                record.isEnforced = isEnforced
            },
            quota: 100 << 20
        )
        try await house.open { door async throws in
            let page = try await door.ask(.get, "/", as: house.ada).text
            #expect(page.contains("alert") == (words != nil))
            if let words { #expect(page.contains(words)) }
        }
    }

    @Test("A command is refused to whoever the kernel does not name as root or carrel's user, and that is noted")
    func stranger() async throws {
        let house = try house()
        let workspace = try house.workspaces.add("jupyter", owner: house.ada.id)
        let uri = "/api/v1/workspaces/\(workspace.id)/exec?order=%7B%22command%22%3A%5B%22id%22%5D%7D"
        try await house.open(.control) { door async throws in
            #expect(try await door.ask(.post, uri).status == 403)
        }
        let refusals = house.workspaces.state.withLock { $0.refusals }
        #expect(refusals == ["command-line: id: Only root and the user that runs carrel may do that."])
        for listener in [HubListener.users, .operators] {
            try await house.open(listener) { door async throws in
                #expect(try await door.ask(.post, uri, as: house.olga).status == 404)
            }
        }
    }
}
