import CarrelCore
import Testing

@testable import EngineDocker

@Suite("An image that can't be had")
struct ImageFaultTests {
    private static let name = ImageName("registry.example.org:5000/team/lab:4")

    @Test(
        "Each cause is a sentence for the member, and the engine's words for the operator",
        arguments: [
            (404, "manifest for x:4 not found: manifest unknown: manifest unknown", "The app's image does not exist."),
            (
                404, "pull access denied for x, repository does not exist or may require 'docker login': denied: no",
                "The app's image does not exist, or its registry refused the sign-in."
            ),
            (
                500, "Head \"https://r/v2/x/manifests/4\": no basic auth credentials",
                "The app's image can't be fetched: its registry refused the sign-in."
            ),
            (
                500, "unauthorized: authentication required",
                "The app's image can't be fetched: its registry refused the sign-in."
            ),
            (
                500, "denied: Your authorization token has expired. Reauthenticate and try again.",
                "The app's image can't be fetched: its registry refused the sign-in."
            ),
            (
                500, "Get \"http://r/v2/\": dial tcp 127.0.0.1:5062: connect: connection refused",
                "The app's image can't be fetched: its registry can't be reached."
            ),
            (
                500, "Get \"https://r/v2/\": dial tcp: lookup r on 10.0.0.2:53: no such host",
                "The app's image can't be fetched: its registry can't be reached."
            ),
            (
                500, "net/http: request canceled while waiting for connection (Client.Timeout exceeded)",
                "The app's image can't be fetched: its registry can't be reached."
            ),
            (
                200,
                "failed to register layer: Error processing tar file(exit status 1): write /usr/x: no space left "
                    + "on device",
                "The machine that runs the workspaces has no disk space left."
            ),
            (
                500, "toomanyrequests: You have reached your pull rate limit.",
                "The app's image can't be fetched: its registry wants no more requests for now."
            ),
            (
                404, "no matching manifest for linux/amd64 in the manifest list entries",
                "The app's image is not made for the kind of machine that runs the workspaces."
            ),
            (400, "invalid reference format: must be lowercase", "The app's image has a name that can't be right."),
            (0, "connection closed", "The container engine does not answer."),
            (500, "something new", "The app's image can't be fetched."),
        ]
    )
    func sentences(status: Int, message: String, sentence: String) {
        let fault = DockerFault(status: status, message: message, call: "POST /images/create")
        let error = ImageFault.told(fault, Self.name, nil)
        #expect(error.message == sentence)
        #expect(!error.message.contains("example"), "a member need not know the registry")
        #expect(error.detail?.contains(message) == true)
        #expect(error.detail?.contains("registry.example.org:5000/team/lab:4 without credentials") == true)
        #expect(error.code == .appFailed || error.code == .engineFailed, "or else it would be tried for ever")
    }

    @Test("A secret that comes back in the engine's words goes no further")
    func secrets() throws {
        let login = RegistryLogin(username: "puller", password: Secret("geheim+/7?"))
        let found = RegistryAccess.Found(login: login, source: "the file")
        let fault = DockerFault(status: 500, message: "unauthorized: puller:geheim+/7?", call: "x")
        let error = ImageFault.told(fault, Self.name, found)
        #expect(!error.description.contains("geheim"))
        #expect(error.description.contains("with credentials from the file"))
        #expect(!"\(found)".contains("geheim"))
        #expect(!String(reflecting: login).contains("geheim"))
    }

    @Test("An unknown driver of volumes, a network that is gone and a name that is taken are told when it starts")
    func starts() {
        func told(_ status: Int, _ message: String) -> String {
            StartFault.told(DockerFault(status: status, message: message, call: "x"), command: "c", image: "i").message
        }
        #expect(
            told(404, "error looking up volume plugin rclone: plugin \"rclone\" not found")
                == "The storage that the app needs is of a kind that the container engine does not have."
        )
        #expect(told(404, "network carrel-ws-1 not found") == "The network for the workspace is gone.")
        #expect(
            told(409, "Conflict. The container name \"/carrel-ws-1\" is already in use by container")
                == "The workspace's name is taken on the container engine."
        )
        #expect(
            told(500, "mkdir /var/lib/docker/overlay2/x: no space left on device")
                == "The machine that runs the workspaces has no disk space left."
        )
    }
}
