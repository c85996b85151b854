import CarrelCore
import CarrelTesting
import EngineHost
import Foundation
import Glibc
import Testing

@testable import EngineDocker

@Suite("Homes are volumes of the container engine", .enabled(if: DockerFixture.isThere && geteuid() == 0))
struct VolumeTests {
    @Test("A volume that only a container can mount comes to a running spare, and is held from its member's arrival on")
    func withOptions() async throws {
        try await DockerFixture.with { trial in
            let store = trial.fixture.root + "/store"
            try FileManager.default.createDirectory(atPath: store, withIntermediateDirectories: true)
            let home = trial.volume("far", options: ["type": "none", "o": "bind", "device": store])
            try await trial.engine.expect(home)
            let before = try #require(try await trial.holders().first)
            #expect(before.state == "running")
            let spare = try await trial.start(
                "until [ -e $HOME/note ]; do sleep 0.02; done; cat $HOME/note; exec sleep 600"
            )
            try (await trial.files(of: home)).write("kept far away\n", to: "note", owner: 70_001)
            try await trial.engine.attach(home, identity: trial.identity(for: spare), to: spare.workspace)
            try await trial.waitFor("kept far away", in: spare)
            #expect(try String(contentsOfFile: store + "/note", encoding: .utf8) == "kept far away\n")
            #expect(try await trial.holders().map(\.id) == [before.id])
        }
    }

    @Test("A held volume is let go a while after its last use, never while it is attached")
    func letGo() async throws {
        let clock = VirtualClock()
        try await DockerFixture.with(clock: clock) { trial in
            let store = trial.fixture.root + "/store"
            try FileManager.default.createDirectory(atPath: store, withIntermediateDirectories: true)
            let home = trial.volume("far", options: ["type": "none", "o": "bind", "device": store])
            let spare = try await trial.start("exec sleep 600")
            try await trial.engine.attach(home, identity: trial.identity(for: spare), to: spare.workspace)
            for _ in 0..<3 {
                clock.advance(by: VolumeHolders.keep)
                _ = try await trial.engine.instances()
            }
            #expect(try await trial.holders().count == 1)
            try await trial.engine.destroy(spare.workspace, grace: .zero)
            clock.advance(by: VolumeHolders.keep / 2)
            _ = try await trial.engine.instances()
            #expect(try await trial.holders().count == 1)
            clock.advance(by: VolumeHolders.keep)
            _ = try await trial.engine.instances()
            #expect(try await trial.holders().isEmpty)
        }
    }

    @Test("A new volume becomes its member's; one with files of somebody else keeps them, seen as the member's own")
    func owners() async throws {
        try await DockerFixture.with { trial in
            let fresh = trial.volume("fresh")
            let first = try await trial.start("exec sleep 600")
            try await trial.engine.attach(fresh, identity: trial.identity(for: first), to: first.workspace)
            var about = stat()
            #expect(stat(try await trial.files(of: fresh).path, &about) == 0 && about.st_uid == 70_001)

            let older = trial.volume("older")
            let place = try await trial.files(of: older)
            #expect(chown(place.path, 1234, 1234) == 0)
            try place.write("from before\n", to: "note", owner: 1234)
            let second = try await trial.start(
                "until [ -e $HOME/note ]; do sleep 0.02; done; stat -c %u $HOME/note; echo more >> $HOME/note; exec sleep 600"
            )
            try await trial.engine.attach(older, identity: trial.identity(for: second), to: second.workspace)
            try await trial.waitFor("0\n", in: second)
            try await trial.eventually("the note stays as it was") { try place.read("note").contains("more") }
            #expect(stat(place.path + "/note", &about) == 0 && about.st_uid == 1234)
        }
    }

    @Test("A volume of root's with files in it is refused, and nothing is mounted")
    func roots() async throws {
        try await DockerFixture.with { trial in
            let home = trial.volume("roots")
            try (await trial.files(of: home, owner: 0)).write("secret", to: "key", owner: 0)
            let spare = try await trial.start("exec sleep 600")
            await #expect(throws: CarrelError.self) {
                try await trial.engine.attach(home, identity: trial.identity(for: spare), to: spare.workspace)
            }
            #expect(!Slot(path: trial.engine.directories.slot(spare.workspace)).isMounted)
        }
    }

    @Test("An unknown driver is told as that")
    func unknownDriver() async throws {
        try await DockerFixture.with { trial in
            var home = trial.volume("odd")
            home.driver = "no-such-driver"
            let spare = try await trial.start("exec sleep 600")
            let error = await #expect(throws: CarrelError.self) {
                try await trial.engine.attach(home, identity: trial.identity(for: spare), to: spare.workspace)
            }
            #expect(error?.detail?.contains("no-such-driver") == true)
        }
    }
}
