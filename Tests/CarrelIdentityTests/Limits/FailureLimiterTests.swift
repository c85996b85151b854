import CarrelCore
import Testing

@testable import CarrelIdentity

@Suite("Slowing down guesses")
struct FailureLimiterTests {
    let start = Timestamp(milliseconds: 1_767_603_600_000)

    @Test("Waits double up to the longest, and once waited out another guess is always possible")
    func backsOff() {
        var limiter = FailureLimiter()
        var now = start
        for _ in 0..<10 { #expect(limiter.begin(account: "a", client: "c", at: now) == nil) }
        var waits: [Int64] = []
        for _ in 0..<11 {
            guard let wait = limiter.begin(account: "a", client: "c", at: now) else {
                Issue.record("no wait after \(waits)")
                return
            }
            waits.append(wait.milliseconds / 1000)
            now = now + wait
            #expect(limiter.begin(account: "a", client: "c", at: now) == nil)
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
    }

    @Test("Attempts that were refused don't make the wait longer")
    func refusedDontCount() {
        var limiter = FailureLimiter()
        for _ in 0..<10 { _ = limiter.begin(account: "a", client: "c", at: start) }
        for _ in 0..<1000 { #expect(limiter.begin(account: "a", client: "c", at: start) == .seconds(1)) }
        #expect(limiter.begin(account: "a", client: "c", at: start + .seconds(1)) == nil)
    }

    @Test("Failures are forgotten after the window")
    func slides() {
        var limiter = FailureLimiter()
        for _ in 0..<10 { _ = limiter.begin(account: "a", client: "c", at: start) }
        let later = start + .seconds(900)
        for _ in 0..<10 { #expect(limiter.begin(account: "a", client: "c", at: later) == nil) }
        #expect(limiter.begin(account: "a", client: "c", at: later) != nil)
    }

    @Test("Many attempts at once don't slip through before the first of them has failed")
    func atOnce() {
        var limiter = FailureLimiter()
        let begun = (0..<1000).filter { _ in limiter.begin(account: "a", client: "c", at: start) == nil }.count
        #expect(begun == 10)
    }

    @Test("One address may fail for many accounts, up to its own limit; other addresses go on")
    func clients() {
        var limiter = FailureLimiter()
        let begun = (0..<1000).filter { limiter.begin(account: "a\($0)", client: "c", at: start) == nil }.count
        #expect(begun == 100)
        #expect(limiter.begin(account: "b", client: "d", at: start) == nil)
        #expect(limiter.begin(account: nil, client: "c", at: start) != nil)
    }

    @Test("Strangers who guess a name don't keep its member out where they signed in before")
    func known() {
        var limiter = FailureLimiter()
        #expect(limiter.begin(account: "a", client: "desk", at: start) == nil)
        limiter.succeeded(account: "a", client: "desk", begun: start, at: start)
        for number in 0..<50 { _ = limiter.begin(account: "a", client: "bot\(number)", at: start) }
        #expect(limiter.begin(account: "a", client: "bot99", at: start) != nil)
        #expect(limiter.begin(account: "a", client: "desk", at: start) == nil)
    }

    @Test("Success gives back what was counted, so that a classroom behind one address signs in")
    func success() {
        var limiter = FailureLimiter()
        for number in 0..<500 {
            #expect(limiter.begin(account: "a\(number)", client: "c", at: start) == nil)
            limiter.succeeded(account: "a\(number)", client: "c", begun: start, at: start)
        }
    }

    @Test("Memory is bounded, and who has to wait is forgotten last")
    func bounded() {
        var limiter = FailureLimiter(capacity: 100)
        for _ in 0..<10 { _ = limiter.begin(account: "guessed", client: "c", at: start) }
        for number in 0..<5000 {
            _ = limiter.begin(account: "a\(number)", client: "c\(number)", at: start + .milliseconds(number % 900))
        }
        #expect(limiter.count <= 100)
        #expect(limiter.begin(account: "guessed", client: "d", at: start) != nil)
        for number in 0..<5000 {
            limiter.succeeded(account: "a\(number)", client: "c", begun: start, at: start + .milliseconds(number))
        }
        #expect(limiter.count <= 100)
    }
}
