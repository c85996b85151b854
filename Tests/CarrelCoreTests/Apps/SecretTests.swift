import CarrelCore
import Foundation
import Testing

@Suite("Secrets")
struct SecretTests {
    struct Holder: Encodable {
        var password = Secret("hunter2")
        var all: [String: EnvironmentValue] = ["PASSWORD": .secret(Secret("hunter2"))]
    }

    @Test("A secret shows nowhere: not printed, not dumped, not mirrored, not encoded")
    func neverPrints() throws {
        let holder = Holder()
        var dumped = ""
        dump(holder, to: &dumped)
        let encoded = String(decoding: try JSONEncoder().encode(holder), as: UTF8.self)
        let error = CarrelError(.internal, "It failed.", detail: "\(holder.password)")
        let shown = [
            "\(holder)", String(describing: holder), String(reflecting: holder), dumped, encoded, "\(error)",
            "\(Mirror(reflecting: holder.password).children.map { "\($0)" })",
        ]
        for text in shown { #expect(!text.contains("hunter2"), "\(text)") }
        #expect(holder.password.reveal() == "hunter2")
    }

    @Test("Two secrets encode alike only if they are the same")
    func digests() throws {
        let encoder = JSONEncoder()
        #expect(try encoder.encode(Secret("a")) == encoder.encode(Secret("a")))
        #expect(try encoder.encode(Secret("a")) != encoder.encode(Secret("b")))
    }

    @Test("Bytes are two lower-case digits each")
    func hexadecimal() {
        #expect([0x00, 0x0f, 0xa5, 0xff].map { UInt8($0) }.hex == "000fa5ff")
    }
}
