import CarrelCore
import CarrelIdentity
import HTTPTypes
import Testing

@testable import CarrelWeb

@Suite("The pool service")
struct PoolServiceTests {
    private func house() throws -> House {
        var house = try House()
        house.settings.poolService = .init(defaultApp: try #require(AppID("jupyter")), provider: "school")
        return house
    }

    private func send(_ door: Door, _ json: String, user: UserID? = nil) async throws -> Answer {
        try await door.ask(.post, "/pool", token: door.house.signIn.token([.pool], user: user), json: json)
    }

    @Test("A workspace is asked for, looked at, entered once by its address, and put away")
    func wholeStory() async throws {
        let house = try house()
        let id = try await house.open(.operators) { door async throws in
            let asked = #"{"command":"REQUEST_RSTUDIO","payload":{"userId":"1234-abcd"}}"#
            let answer = try await send(door, asked)
            #expect(answer.status == 200)
            return try #require(answer.field("instanceId"))
        }
        let url = try await house.open(.operators) { door async throws in
            let one = try await send(door, #"{"command":"GET_STATUS","payload":{"instanceId":"\#(id)"}}"#)
            #expect(one.text.hasPrefix(#"{"instance":{"#))
            #expect(one.field("userId") == "1234-abcd")
            #expect(one.field("purpose") == "analysis")
            let all = try await send(door, #"{"command":"GET_STATUS","payload":{}}"#)
            #expect(all.text.hasPrefix(#"{"instances":[{"instanceId":"\#(id)""#))
            return try #require(one.field("url"))
        }
        #expect(url.hasPrefix("https://work.example.org/sign-in/link/"))
        try await house.open { door async throws in
            let path = url.replacing("https://work.example.org", with: "")
            let entered = try await door.ask(.get, path, headers: Door.tab)
            #expect(entered.location == "/w/\(id)/")
            #expect(try await door.ask(.get, path, headers: Door.tab).status == 401)
        }
        try await house.open(.operators) { door async throws in
            let deleted = try await send(door, #"{"command":"DELETE","payload":{"instanceId":"\#(id)"}}"#)
            #expect(deleted.text == #"{"status":"OK"}"#)
        }
    }

    @Test("A full pool is 503, and keeps no place that this request made")
    func full() async throws {
        let house = try house()
        house.workspaces.claimNext(as: .queued)
        try await house.open(.operators) { door async throws in
            let answer = try await send(door, #"{"command":"REQUEST_RSTUDIO","payload":{"userId":"x"}}"#)
            #expect(answer.status == 503)
            #expect(answer.field("code") == "pool-full")
            #expect(try await house.workspaces.living().isEmpty)
        }
    }

    @Test(
        "Unknown commands, instances, apps and missing fields are problems, never 200",
        arguments: [
            (#"{"command":"FORMAT_DISK","payload":{}}"#, 400), (#"{"payload":{}}"#, 400), (#"no json"#, 400),
            (#"{"command":"REQUEST_RSTUDIO","payload":{}}"#, 400), (#"{"command":"REQUEST_RSTUDIO"}"#, 400),
            (#"{"command":"REQUEST_RSTUDIO","payload":{"userId":"x","purpose":"none"}}"#, 404),
            (#"{"command":"REQUEST_RSTUDIO","payload":{"userId":"x","purpose":"../"}}"#, 404),
            (#"{"command":"GET_STATUS","payload":{"instanceId":"i-1"}}"#, 404),
            (#"{"command":"GET_STATUS","payload":{"instanceId":"ws-aaaaaaaaaaaaaaaa"}}"#, 404),
            (#"{"command":"DELETE","payload":{"instanceId":"ws-aaaaaaaaaaaaaaaa"}}"#, 404),
            (#"{"command":"DELETE","payload":{}}"#, 400),
        ]
    )
    func problems(_ json: String, _ status: Int) async throws {
        try await house().open(.operators) { door async throws in
            let answer = try await send(door, json)
            #expect(answer.status == status)
            #expect(answer.header("Content-Type") == "application/problem+json")
        }
    }

    @Test("Workspaces of other providers' members are out of its reach")
    func otherProviders() async throws {
        let house = try house()
        let adas = try house.workspaces.add("jupyter", owner: house.ada.id)
        try await house.open(.operators) { door async throws in
            #expect(try await send(door, #"{"command":"GET_STATUS"}"#).text == #"{"instances":[]}"#)
            let delete = #"{"command":"DELETE","payload":{"instanceId":"\#(adas.id)"}}"#
            #expect(try await send(door, delete).status == 404)
            #expect(try await house.workspaces.workspace(adas.id)?.phase == .ready)
        }
    }

    @Test("A token for one member asks for that member only")
    func boundToken() async throws {
        let house = try house()
        let carol = house.signIn.add("carol", provider: "school")
        try await house.open(.operators) { door async throws in
            let own = #"{"command":"REQUEST_RSTUDIO","payload":{"userId":"carol"}}"#
            #expect(try await send(door, own, user: carol.id).status == 200)
            let other = #"{"command":"REQUEST_RSTUDIO","payload":{"userId":"dan"}}"#
            #expect(try await send(door, other, user: carol.id).status == 404)
        }
    }

    @Test("Where it is not configured it is 404")
    func absent() async throws {
        try await House().open(.operators) { door async throws in
            #expect(try await send(door, #"{"command":"GET_STATUS"}"#).status == 404)
        }
    }

    @Test("An operator's workspace is listed without an address, and hides nobody else's")
    func operatorsWorkspace() async throws {
        let house = try house()
        let oscar = house.signIn.add("oscar", isOperator: true, provider: "school")
        let pia = house.signIn.add("pia", provider: "school")
        let his = try house.workspaces.add("jupyter", owner: oscar.id)
        let hers = try house.workspaces.add("jupyter", owner: pia.id)
        try await house.open(.operators) { door async throws in
            let all = try await send(door, #"{"command":"GET_STATUS","payload":{}}"#)
            #expect(all.status == 200)
            #expect(all.text.contains(hers.id.description) && all.text.contains(his.id.description))
            let one = try await send(door, #"{"command":"GET_STATUS","payload":{"instanceId":"\#(his.id)"}}"#)
            #expect(one.text.contains(#""url":null"#))
            #expect(house.signIn.openTickets == 1)
        }
    }
}
