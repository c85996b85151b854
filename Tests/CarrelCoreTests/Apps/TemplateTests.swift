import CarrelCore
import Testing

@Suite("Templates")
struct TemplateTests {
    @Test("Variables are replaced, all else stays as it is")
    func expands() throws {
        let template = try Template("--base={{workspace.path}}x --port={{ workspace.port }} }} { {")
        #expect(template.variables == [.workspacePath, .workspacePort])
        #expect(
            template.expanded([.workspacePath: "/w/1/", .workspacePort: "8888"])
                == "--base=/w/1/x --port=8888 }} { {"
        )
    }

    @Test("A variable without a value becomes nothing")
    func missingValue() throws {
        #expect(try Template("a{{user.email}}b").expanded([:]) == "ab")
    }

    @Test("A value is not expanded again")
    func valuesAreNotTemplates() throws {
        let template = try Template("{{user.name}}")
        #expect(template.expanded([.userName: "{{workspace.token}}", .workspaceToken: "s"]) == "{{workspace.token}}")
    }

    @Test("An unknown word or braces that don't close are named in the fault")
    func faults() {
        for (text, found) in [("x{{user.password}}", "user.password"), ("x{{user.id", "{{user.id"), ("{{}}", "")] {
            let fault = #expect(throws: Template.Fault.self) { try Template(text) }
            #expect(fault?.found == found)
        }
    }

    @Test("A literal means itself, braces and all")
    func literal() {
        let literal = Template(literal: "{{user.id}}")
        #expect(literal.variables.isEmpty)
        #expect(literal.expanded([.userID: "u"]) == "{{user.id}}")
    }

    @Test("What is known at the claim only is marked so")
    func ownership() {
        let owners = Template.Variable.allCases.filter(\.needsOwner)
        #expect(Set(owners) == [.workspaceName, .userID, .userName, .userEmail])
    }
}
