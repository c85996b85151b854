import CarrelConfig
import CarrelCore
import Testing

@Suite("Relative paths")
struct PathsTests {
    @Test("They count from the file's directory where a process of this machine is meant, and only there")
    func relative() throws {
        let text = """
            state: ../state
            engines:
              here: { kind: process, visible: [../venv, /opt] }
              far: { kind: docker, slots: slots }
            homes:
              disk: { engine: here, path: "../homes//{{user.id}}" }
            apps:
              - { id: a, engine: here, command: [bin/serve, ./data, ../more, x/y, "{{workspace.port}}"], home: { volume: disk, mount: /h } }
              - { id: b, engine: here, command: [serve, "{{workspace.port}}"] }
              - { id: c, engine: far, image: x, command: [bin/serve, ./data] }
            """
        let configuration = try #require(Sample.parse(text).configuration)
        #expect(configuration.state == "/etc/state")
        let settings = ProcessSettings(sandbox: .auto, visible: ["/etc/venv", "/opt"], uids: 60_001...64_999)
        #expect(configuration.engines.last?.settings == .process(settings))
        #expect(configuration.homes.first?.location.description == "/etc/homes/{{user.id}}")
        #expect(
            configuration.apps.map { $0.command.map(\.description) } == [
                ["/etc/carrel/bin/serve", "/etc/carrel/data", "/etc/more", "x/y", "{{workspace.port}}"],
                ["serve", "{{workspace.port}}"],
                ["bin/serve", "./data"],
            ]
        )
        #expect(configuration.apps[0].home?.rule.location.description == "/etc/homes/{{user.id}}")
    }

    @Test("The state directory without a key depends on who runs carrel")
    func state() {
        #expect(Surroundings.defaultState(isRoot: true, environment: ["HOME": "/root"]) == "/var/lib/carrel")
        #expect(
            Surroundings.defaultState(isRoot: false, environment: ["HOME": "/home/a"]) == "/home/a/.local/state/carrel"
        )
        let environment = ["HOME": "/home/a", "XDG_STATE_HOME": "/x"]
        #expect(Surroundings.defaultState(isRoot: false, environment: environment) == "/x/carrel")
    }
}
