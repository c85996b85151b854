import CarrelCore
import Testing

@testable import CarrelWorkspaces

@Suite("What an app says about its own work")
struct BusyAnswerTests {
    private func answer(_ json: String, any: [String: String], says: String? = nil) -> BusyAnswer {
        let probe = BusyProbe(path: "/", any: any, says: says)
        return BusyAnswer(ProbeAnswer(status: 200, body: Array(json.utf8)), probe: probe)
    }

    @Test("Any object, however deep, with all the members counts")
    func finds() {
        let json = #"{"list":[{"a":{"state":"idle"}},{"a":{"state":"busy","n":1}}]}"#
        #expect(answer(json, any: ["state": "busy"]) == .busy("the app"))
        #expect(answer(json, any: ["state": "busy", "n": "1"]) == .busy("the app"))
        #expect(answer(json, any: ["state": "busy", "n": "2"]) == .quiet)
        #expect(answer(json, any: ["a.state": "busy"]) == .busy("the app"))
    }

    @Test("It is named by the object found, also by members of members")
    func names() {
        let json = #"[{"path":"a.ipynb","kernel":{"s":"busy","name":"r"}},{"path":"b.ipynb","kernel":{"s":"busy"}}]"#
        let any = ["kernel.s": "busy"]
        #expect(answer(json, any: any, says: "kernel of {path}") == .busy("kernel of a.ipynb and 1 more"))
        let first = #"[{"path":"a.ipynb","kernel":{"s":"busy","name":"r"}}]"#
        #expect(answer(first, any: any, says: "{kernel.name} of {path}{none}!") == .busy("r of a.ipynb!"))
    }

    @Test("Flags, numbers and null compare by their text")
    func scalars() {
        #expect(answer(#"{"busy":true}"#, any: ["busy": "true"]) == .busy("the app"))
        #expect(answer(#"{"jobs":3}"#, any: ["jobs": "3"]) == .busy("the app"))
        #expect(answer(#"{"load":0.5}"#, any: ["load": "0.5"]) == .busy("the app"))
        #expect(answer(#"{"job":null}"#, any: ["job": "null"]) == .busy("the app"))
    }

    @Test("No answer, an error and what is not JSON are unknown, not quiet")
    func unknown() {
        let probe = BusyProbe(path: "/", any: ["a": "b"])
        #expect(BusyAnswer(nil, probe: probe) == .unknown("it did not answer"))
        #expect(BusyAnswer(ProbeAnswer(status: 403, body: []), probe: probe) == .unknown("it answered 403"))
        #expect(answer("<html>", any: ["a": "b"]) == .unknown("its answer is not JSON"))
    }

    @Test("A name from inside a workspace stays short and on one line")
    func hostileName() {
        let json = #"{"s":"busy","path":""# + String(repeating: "x", count: 5000) + #"\nforged"}"#
        guard case .busy(let name) = answer(json, any: ["s": "busy"], says: "{path}") else {
            Issue.record("not busy")
            return
        }
        #expect(name.count == 200)
    }
}
