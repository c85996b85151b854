import Testing

@testable import EngineDocker

@Suite("Images' names")
struct ImageNameTests {
    @Test(
        "A name says its registry and repository",
        arguments: [
            ("busybox", "docker.io", "library/busybox", "busybox:latest"),
            ("team/lab:4", "docker.io", "team/lab", "team/lab:4"),
            ("index.docker.io/busybox", "docker.io", "library/busybox", "index.docker.io/busybox:latest"),
            ("localhost/lab", "localhost", "lab", "localhost/lab:latest"),
            ("127.0.0.1:5050/a/b", "127.0.0.1:5050", "a/b", "127.0.0.1:5050/a/b:latest"),
            ("r.example.org/a/b/c:1.2", "r.example.org", "a/b/c", "r.example.org/a/b/c:1.2"),
            ("r.example.org:5000/a@sha256:ab", "r.example.org:5000", "a", "r.example.org:5000/a@sha256:ab"),
            ("r.example.org/a:7@sha256:ab", "r.example.org", "a", "r.example.org/a:7@sha256:ab"),
        ]
    )
    func parts(text: String, registry: String, repository: String, exact: String) {
        let name = ImageName(text)
        #expect(name.registry == registry)
        #expect(name.repository == repository)
        #expect(name.exact == exact)
    }

    @Test("Names by digest and ids never mean another image")
    func pinned() {
        #expect(ImageName("a@sha256:ab").isPinned)
        #expect(ImageName("sha256:ab").isPinned)
        #expect(ImageName("sha256:ab").isID)
        #expect(!ImageName("a:1").isPinned)
    }

    @Test("Of an image's digests those at the name's own registry count")
    func digests() {
        let known = ["busybox@sha256:1", "r.org/busybox@sha256:2", "docker.io/library/busybox@sha256:3"]
        #expect(ImageName("busybox:1").digests(among: known) == ["sha256:1", "sha256:3"])
        #expect(ImageName("r.org/busybox").digests(among: known) == ["sha256:2"])
    }
}
