import CarrelCore
import CarrelTesting
import HTTPTypes
import Testing

@testable import CarrelWeb

@Suite("The portal")
struct PortalPageTests {
    @Test("It shows the member's own apps and workspaces with phase and reason, and nobody else's")
    func shows() async throws {
        let house = try House()
        let mine = try house.workspaces.add("jupyter", owner: house.ada.id)
        let bens = try house.workspaces.add("jupyter", owner: house.ben.id)
        try house.workspaces.add("shiny", owner: house.ada.id, phase: .queued)
        try house.workspaces.add("jupyter", owner: house.ada.id, name: "old", phase: .ended, reason: .idle)
        house.clock.advance(by: .seconds(125 * 60))
        try await house.open { door async throws in
            let page = try await door.ask(.get, "/", as: house.ada, headers: Door.tab)
            #expect(page.text.contains("href=\"/w/\(mine.id)/\""))
            #expect(!page.text.contains(bens.id.description))
            #expect(page.text.contains("Shiny &lt;demo&gt;"))
            #expect(!page.text.contains("<demo>"))
            #expect(page.text.contains("for 2 h 5 min"))
            #expect(page.text.contains("Place 1 in the queue."))
            #expect(page.text.contains("Put away because nobody used it."))
            #expect(page.text.contains("href=\"/open/jupyter?name=old\""))
            #expect(try await !door.ask(.get, "/", as: house.ben, headers: Door.tab).text.contains("Shiny"))
        }
    }

    @Test("Its button stops one's own workspace, and only that")
    func stops() async throws {
        let house = try House()
        let mine = try house.workspaces.add("jupyter", owner: house.ada.id)
        let uri = "/workspaces/\(mine.id)/stop"
        try await house.open { door async throws in
            #expect(try await door.ask(.post, uri, as: house.ben, headers: Door.tab, form: [:]).status == 404)
            let forged = try await door.ask(.post, uri, as: house.ada, headers: Door.tab, csrf: false, form: [:])
            #expect(forged.status == 403)
            #expect(try await house.workspaces.workspace(mine.id)?.phase == .ready)
            #expect(try await door.ask(.post, uri, as: house.ada, headers: Door.tab, form: [:]).location == "/")
            let stopped = try await house.workspaces.workspace(mine.id)
            #expect(stopped?.phase == .stopping)
            #expect(stopped?.reason == .user)
        }
    }

    @Test(
        "The console shows everybody's workspaces, pools that fail, and what engines lack; its button names the operator"
    )
    func console() async throws {
        let house = try House()
        let adas = try house.workspaces.add("jupyter", owner: house.ada.id)
        try await house.open(.operators) { door async throws in
            let page = try await door.ask(.get, "/", as: house.olga, headers: Door.tab)
            #expect(page.text.contains(adas.id.description))
            #expect(page.text.contains("exits at once; next try in 40 s"))
            #expect(page.text.contains("warning: No cgroup may be made here"))
            let uri = "/workspaces/\(adas.id)/stop"
            #expect(try await door.ask(.post, uri, as: house.olga, headers: Door.tab, form: [:]).status == 303)
            #expect(try await house.workspaces.workspace(adas.id)?.reason == .operator)
        }
    }
}
