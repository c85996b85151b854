import Foundation
import Testing

@testable import EngineDocker

@Suite("The progress of fetching an image")
struct PullProgressTests {
    private func after(_ lines: String...) throws -> PullProgress {
        var progress = PullProgress()
        for line in lines { progress.take(try JSONDecoder().decode(PullLine.self, from: Data(line.utf8))) }
        return progress
    }

    private func layer(_ id: String, _ status: String, _ current: Int? = nil, of total: Int? = nil) -> String {
        let detail = [current.map { "\"current\":\($0)" }, total.map { "\"total\":\($0)" }].compactMap(\.self)
        return #"{"status":"\#(status)","id":"\#(id)","progressDetail":{\#(detail.joined(separator: ","))}}"#
    }

    @Test("Before a layer is known it says what happens")
    func begins() throws {
        #expect(try after().sentence == "Fetching the image")
        #expect(try after(#"{"status":"Pulling from team/lab","id":"4.6"}"#).sentence == "Fetching the image")
    }

    @Test("Layers and bytes are counted; the sum is said once every layer has told its size")
    func counts() throws {
        let begun = [
            layer("a", "Already exists"), layer("b", "Pulling fs layer"), layer("c", "Pulling fs layer"),
            layer("b", "Downloading", 20_000_000, of: 100_000_000),
        ]
        var progress = PullProgress()
        for line in begun { progress.take(try JSONDecoder().decode(PullLine.self, from: Data(line.utf8))) }
        #expect(progress.sentence == "Fetching the image: 1 of 3 layers, 20 MB so far")
        let more = layer("c", "Downloading", 1_500_000, of: 310_000_000)
        progress.take(try JSONDecoder().decode(PullLine.self, from: Data(more.utf8)))
        #expect(progress.sentence == "Fetching the image: 1 of 3 layers, 21 of 410 MB")
        #expect(progress.total == 410_000_000)
    }

    @Test("A layer that came whole counts with all its bytes, one that begins again with what it has")
    func again() throws {
        let progress = try after(
            layer("a", "Downloading", 5_000_000, of: 8_000_000),
            layer("a", "Download complete"),
            layer("b", "Downloading", 7_000_000, of: 9_000_000),
            layer("b", "Downloading", 1_000_000, of: 9_000_000)
        )
        #expect(progress.received == 9_000_000)
        #expect(progress.sentence == "Fetching the image: 0 of 2 layers, 9.0 of 17 MB")
    }

    @Test("When everything is here it is unpacked")
    func unpacks() throws {
        let progress = try after(
            layer("a", "Pull complete"),
            layer("b", "Downloading", 7_000_000, of: 9_000_000),
            layer("b", "Download complete"),
            layer("b", "Extracting", 1, of: 9_000_000)
        )
        #expect(progress.sentence == "Unpacking the image: 1 of 2 layers")
    }

    @Test("Lines about nothing known, negative numbers and missing parts change nothing")
    func odd() throws {
        let progress = try after(
            #"{"status":"Retrying in 3 seconds","id":"a"}"#,
            #"{"progressDetail":{}}"#,
            layer("b", "Downloading", -5, of: -1),
            #"{"status":"Digest: sha256:ab"}"#
        )
        #expect(progress.layerCount == 1)
        #expect(progress.sentence == "Fetching the image: 0 of 1 layers")
    }

    @Test("What went wrong is the detail, or else the short form")
    func failure() throws {
        let text = #"{"errorDetail":{"message":"write /x: no space left on device"},"error":"short"}"#
        let line = try JSONDecoder().decode(PullLine.self, from: Data(text.utf8))
        #expect(line.failure == "write /x: no space left on device")
    }
}
