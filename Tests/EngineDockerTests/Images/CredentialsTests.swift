import CarrelCore
import Foundation
import Testing

@testable import EngineDocker

@Suite("Credentials for registries")
final class CredentialsTests {
    private let root: String

    init() throws {
        root = NSTemporaryDirectory() + "carrel-credentials-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    private func access(_ config: String?, _ change: (inout DockerEngineSettings) -> Void = { _ in }) throws
        -> RegistryAccess
    {
        var settings = DockerEngineSettings(slots: root, initProgram: "")
        settings.dockerConfig = root + "/config.json"
        change(&settings)
        if let config { try Data(config.utf8).write(to: URL(fileURLWithPath: root + "/config.json")) }
        var access = RegistryAccess(settings)
        access.helperDirectories = [root]
        return access
    }

    private func helper(_ name: String, _ script: String) throws {
        let path = root + "/docker-credential-" + name
        try Data("#!/bin/sh\n\(script)\n".utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }

    private func auth(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

    @Test("The configuration's own count first, by name and port")
    func configured() async throws {
        let access = try access(#"{"auths":{"r.org":{"auth":"\#(auth("file:1"))"}}}"#) {
            $0.registries["r.org"] = RegistryLogin(username: "own", password: Secret("2"))
        }
        #expect(try await access.login(for: "r.org")?.login.username == "own")
        #expect(try await access.login(for: "r.org:5000") == nil)
    }

    @Test("What stands in Docker's file is found however the registry is written there")
    func auths() async throws {
        let access = try access(
            #"""
            {"auths":{"https://index.docker.io/v1/":{"auth":"\#(auth("hub:p:w"))"},
             "http://r.org:5000/v2/":{"username":"plain","password":"x"},
             "token.org":{"auth":"\#(auth("who:"))","identitytoken":"tok"}, "empty.org":{}}}
            """#
        )
        let hub = try #require(try await access.login(for: "docker.io")?.login)
        #expect(hub == RegistryLogin(username: "hub", password: Secret("p:w")))
        #expect(try await access.login(for: "r.org:5000")?.login.username == "plain")
        #expect(try await access.login(for: "token.org")?.login.identityToken == Secret("tok"))
        #expect(try await access.login(for: "empty.org") == nil)
    }

    @Test("The header is what Docker expects: base64 for URLs")
    func header() throws {
        let login = RegistryLogin(username: "puller", password: Secret("???>>>~~~"))
        let header = try login.header(for: "docker.io")
        #expect(!header.contains("+") && !header.contains("/"))
        let plain = header.replacing("-", with: "+").replacing("_", with: "/")
        let data = try #require(Data(base64Encoded: plain))
        let wire = try JSONDecoder().decode([String: String].self, from: data)
        #expect(
            wire == [
                "username": "puller", "password": "???>>>~~~", "serveraddress": "https://index.docker.io/v1/",
            ]
        )
    }

    @Test("A helper is asked anew each time, with the registry on its standard input and nothing in its arguments")
    func helpers() async throws {
        let access = try access(#"{"credHelpers":{"ecr.org":"ecr-login"},"credsStore":"store"}"#)
        try helper(
            "ecr-login",
            """
            cat >>'\(root)/asked'; echo "$0 $*" >>'\(root)/arguments'
            tr '\\0' ' ' </proc/$PPID/cmdline >>'\(root)/arguments'
            n=$(wc -l <'\(root)/asked'); echo '{"ServerURL":"x","Username":"AWS","Secret":"tok-'$n'"}'
            """
        )
        try helper("store", #"read s; echo '{"Username":"<token>","Secret":"'"$s"'"}'"#)
        #expect(
            try await access.login(for: "ecr.org")?.login == RegistryLogin(username: "AWS", password: Secret("tok-1"))
        )
        #expect(try await access.login(for: "ecr.org")?.login.password == Secret("tok-2"))
        #expect(try String(contentsOfFile: root + "/asked", encoding: .utf8) == "ecr.org\necr.org\n")
        let arguments = try String(contentsOfFile: root + "/arguments", encoding: .utf8)
        #expect(arguments.contains("docker-credential-ecr-login get"))
        #expect(!arguments.contains("tok-") && !arguments.contains("ecr.org"))
        let stored = try #require(try await access.login(for: "docker.io"))
        #expect(stored.login.identityToken == Secret("https://index.docker.io/v1/"))
        #expect(stored.source == "docker-credential-store")
    }

    @Test("A helper that knows nothing leaves the file to be asked")
    func unknownToHelper() async throws {
        let access = try access(#"{"credsStore":"none","auths":{"r.org":{"auth":"\#(auth("file:1"))"}}}"#)
        try helper("none", "echo 'credentials not found in native keychain'; exit 1")
        #expect(try await access.login(for: "r.org")?.login.username == "file")
        #expect(try await access.login(for: "s.org") == nil)
    }

    @Test(
        "A helper that fails is a sentence for the operator, without what it printed of secrets",
        arguments: [
            ("echo 'the session has expired'; exit 1", "failed with exit code 1: the session has expired"),
            (#"echo '{"Username":"u","Secret":"hush"}'; exit 3"#, "failed with exit code 3"),
            ("echo hush", "answered something else than a user name and a secret"),
            ("head -c 100000 /dev/zero | tr '\\0' h", "answered more than 64 KB"),
            ("sleep 600 & sleep 600", "did not answer within 200 ms"),
            ("kill -9 $$", "was killed"),
        ]
    )
    func failing(script: String, what: String) async throws {
        var access = try access(#"{"credHelpers":{"r.org":"bad"}}"#)
        if script.hasPrefix("sleep") { access.helperPatience = .milliseconds(200) }
        try helper("bad", script)
        do {
            _ = try await access.login(for: "r.org")
            Issue.record("it should have failed")
        } catch let error as CarrelError {
            #expect(
                error.message == "The app's image can't be fetched: the sign-in at its registry could not be prepared."
            )
            #expect(error.detail == "docker-credential-bad, for r.org, \(what)")
            #expect(!error.description.contains("hush"))
        }
    }

    @Test("What a helper leaves running does not hold up its answer")
    func daemon() async throws {
        let access = try access(#"{"credHelpers":{"r.org":"forks"}}"#)
        try helper("forks", #"sleep 5 & echo '{"Username":"u","Secret":"s"}'"#)
        let began = ContinuousClock.now
        #expect(try await access.login(for: "r.org")?.login.username == "u")
        #expect(ContinuousClock.now - began < .seconds(5))
    }

    @Test(
        "A helper that is not installed, a file that is none, one that is missing: each is said before the first fetch"
    )
    func broken() async throws {
        let absent = try access(#"{"credHelpers":{"r.org":"gone","s.org":"../../bin/sh"}}"#)
        await #expect { _ = try await absent.login(for: "r.org") } throws: {
            ($0 as? CarrelError)?.detail == "docker-credential-gone, for r.org, is not installed"
        }
        await #expect { _ = try await absent.login(for: "s.org") } throws: {
            ($0 as? CarrelError)?.detail?.hasSuffix("is no name of a credential helper") == true
        }
        #expect(absent.findings() == [])
        let garbled = try access(#"{"auths": "hush""#)
        #expect(
            garbled.findings() == [
                EngineFinding(.warning, "images can't be fetched: \(root)/config.json is no file of Docker's")
            ]
        )
        try FileManager.default.removeItem(atPath: root + "/config.json")
        let missing = try access(nil)
        #expect(missing.findings().map(\.message) == ["images can't be fetched: \(root)/config.json can't be read"])
        var optional = missing
        optional.isRequired = false
        #expect(optional.findings() == [])
        #expect(try await optional.login(for: "r.org") == nil)
    }

    @Test("Without a configured file Docker's own counts")
    func standard() {
        #expect(RegistryAccess.standardFile(["DOCKER_CONFIG": "/d", "HOME": "/h"]) == "/d/config.json")
        #expect(RegistryAccess.standardFile(["HOME": "/h"]) == "/h/.docker/config.json")
        #expect(RegistryAccess.standardFile([:]) == nil)
    }
}
