import CarrelCore

/// Takes apart the engine's stream of stdout and stderr: a header of eight bytes before each piece, its kind and then its
/// length (https://docs.docker.com/engine/api/v1.41/#operation/ContainerAttach, “Stream format”). Pure.
struct RawStream: Sendable {
    private var buffer: [UInt8] = []

    /// The bytes of both streams, in their order, that are whole after these.
    mutating func feed(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        pieces(bytes).reduce(into: []) { all, piece in
            switch piece {
            case .standard(let bytes), .error(let bytes): all += bytes
            }
        }
    }

    /// The same, each piece by itself.
    mutating func pieces(_ bytes: some Sequence<UInt8>) -> [ShellOutput] {
        buffer += bytes
        var out: [ShellOutput] = []
        var start = 0
        while buffer.count - start >= 8 {
            let length = buffer[start + 4..<start + 8].reduce(0) { $0 << 8 | Int($1) }
            guard buffer.count - start - 8 >= length else { break }
            let piece = Array(buffer[start + 8..<start + 8 + length])
            out.append(buffer[start] == 2 ? .error(piece) : .standard(piece))
            start += 8 + length
        }
        buffer.removeFirst(start)
        return out
    }
}
