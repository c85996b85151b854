/// Takes apart the engine's stream of stdout and stderr: a header of eight bytes before each piece, its kind and then its
/// length (https://docs.docker.com/engine/api/v1.41/#operation/ContainerAttach, “Stream format”). Pure.
struct RawStream {
    private var buffer: [UInt8] = []

    /// The bytes of both streams, in their order, that are whole after these.
    mutating func feed(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        buffer += bytes
        var out: [UInt8] = []
        var start = 0
        while buffer.count - start >= 8 {
            let length = buffer[start + 4..<start + 8].reduce(0) { $0 << 8 | Int($1) }
            guard buffer.count - start - 8 >= length else { break }
            out += buffer[start + 8..<start + 8 + length]
            start += 8 + length
        }
        buffer.removeFirst(start)
        return out
    }
}
