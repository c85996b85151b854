import CarrelCore
import HTTPTypes
import Testing

@testable import CarrelWeb

@Suite("What every answer carries")
struct SecurityHeadersTests {
    @Test("Every page forbids inline code, foreign frames and caches, and needs none of them")
    func pages() async throws {
        let house = try House()
        let starting = try house.workspaces.add("jupyter", owner: house.ada.id, phase: .starting)
        try await house.open { door async throws in
            for uri in ["/", "/open/jupyter", "/w/\(starting.id)/", "/nothing"] {
                let headers = Door.fields(["Accept": "text/html"])
                let answer = try await door.ask(.get, uri, as: house.ada, headers: headers)
                #expect(answer.header("Content-Security-Policy")?.hasPrefix("default-src 'none';") == true)
                #expect(answer.header("Content-Security-Policy")?.contains("frame-ancestors 'none'") == true)
                #expect(answer.header("Content-Security-Policy")?.contains("unsafe") == false)
                #expect(answer.header("X-Content-Type-Options") == "nosniff")
                #expect(answer.header("Referrer-Policy") == "same-origin")
                #expect(answer.header("Cache-Control") == "no-store")
                for inline in ["style=", "<style", "onclick=", "javascript:", "<script>"] {
                    #expect(!answer.text.contains(inline), "\(uri) has \(inline)")
                }
            }
        }
    }

    @Test("Stylesheet, scripts and icon have their content's hash in the name and are kept for ever")
    func assets() async throws {
        try await House().open { door async throws in
            for name in Assets.Name.allCases {
                let answer = try await door.ask(.get, Assets.address(name))
                #expect(answer.status == 200)
                #expect(answer.header("Cache-Control") == "public, max-age=31536000, immutable")
                #expect(!answer.text.isEmpty)
            }
            #expect(try await door.ask(.get, "/sign-in").text.contains(Assets.address(.style)))
        }
    }
}
