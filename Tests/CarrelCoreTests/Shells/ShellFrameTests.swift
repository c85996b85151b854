import CarrelCore
import Testing

@Suite("What command line and hub say of a command")
struct ShellFrameTests {
    static let frames: [ShellFrame] = [
        .input(Array("ls\n".utf8)), .inputEnd, .resize(TerminalSize(columns: 132, rows: 43)),
        .output(.standard([0, 255, 10])), .output(.error([])), .ended(code: 3, because: nil),
        .ended(code: nil, because: "It was not there."),
    ]

    @Test("Reads as it was written, in any pieces", arguments: [1, 2, 3, 7, 1000])
    func pieces(_ length: Int) throws {
        let bytes = Self.frames.flatMap(\.bytes)
        var reader = ShellFrame.Reader()
        var read: [ShellFrame] = []
        for start in stride(from: 0, to: bytes.count, by: length) {
            read += try reader.feed(bytes[start..<min(start + length, bytes.count)])
        }
        #expect(read == Self.frames)
    }

    @Test(
        "What is no frame, or too long a one, is refused",
        arguments: [[122, 0, 0, 0, 0], [105, 0, 16, 0, 1], [114, 0, 0, 0, 1, 33]] as [[UInt8]]
    )
    func nonsense(_ bytes: [UInt8]) {
        var reader = ShellFrame.Reader()
        #expect(throws: CarrelError.self) { try reader.feed(bytes) }
    }

    @Test("A command is told in one line, as a shell would read it")
    func line() {
        let order = ShellOrder(command: ["sh", "-c", "echo 'a b' > \"$HOME\"/x", ""], terminal: nil)
        #expect(order.line == #"sh -c 'echo '\''a b'\'' > "$HOME"/x' ''"#)
    }
}

@Suite("Passing values on, one at a time")
struct HandoffTests {
    @Test("What several put is taken whole, each's in its order, and they wait until it was")
    func order() async {
        let handoff = Handoff<Int>()
        let taken = await withTaskGroup(of: [Int].self) { group in
            for writer in 0..<4 {
                group.addTask {
                    for number in 0..<100 { await handoff.put(writer * 1000 + number) }
                    return []
                }
            }
            group.addTask {
                var all: [Int] = []
                while all.count < 400, let value = await handoff.take() { all.append(value) }
                return all
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        for writer in 0..<4 { #expect(taken.filter { $0 / 1000 == writer }.map { $0 % 1000 } == Array(0..<100)) }
    }

    @Test("Once it is over, whoever waits goes on, and nobody waits any more")
    func over() async {
        let handoff = Handoff<Int>()
        async let putting: Void = handoff.put(1)
        handoff.finish()
        await putting
        await handoff.put(2)
        #expect(await handoff.take() == nil)
    }
}
