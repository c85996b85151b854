import NIOCore

/// The head that is being written. One of these is reused for all heads of an event loop; `buffer` copies what was
/// written once, into memory of the right size.
///
/// Writing some thirty short pieces of a head straight into a `ByteBuffer` took 12 % of all instructions per request:
/// each asks anew whether the buffer is shared and large enough.
final class HeadText {
    private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 16)
    private(set) var count = 0

    deinit { memory.deallocate() }

    func removeAll() { count = 0 }

    @inline(__always)
    func append(_ byte: UInt8) {
        makeRoom(for: 1)
        memory[count] = byte
        count += 1
    }

    @inline(__always)
    func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, let base = makeRoom(for: bytes.count) else { return }
        (base + count).copyMemory(from: source, byteCount: bytes.count)
        count += bytes.count
    }

    @inline(__always)
    func append(_ raw: UnsafeRawBufferPointer, _ range: Range<Int>) {
        if !range.isEmpty { append(UnsafeRawBufferPointer(rebasing: raw[range])) }
    }

    @inline(__always)
    func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always)
    func append(_ bytes: [UInt8]) { bytes.withUnsafeBytes { append($0) } }

    func append(text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// What was written, with room for `more` bytes behind it. `old` is used again if nobody else holds it.
    func buffer(room more: Int = 0, reusing old: ByteBuffer = ByteBuffer()) -> ByteBuffer {
        var buffer = old
        buffer.clear(minimumCapacity: count + more)
        buffer.writeBytes(UnsafeRawBufferPointer(rebasing: memory[..<count]))
        return buffer
    }

    @discardableResult
    @inline(__always)
    private func makeRoom(for more: Int) -> UnsafeMutableRawPointer? {
        if count + more > memory.count { grow(for: more) }
        return memory.baseAddress
    }

    private func grow(for more: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * (count + more), alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<count]))
        memory.deallocate()
        memory = larger
    }
}
