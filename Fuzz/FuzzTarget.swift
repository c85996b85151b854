/// libFuzzer calls it with one input after the other.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    let violations = CodecProperties.violations(of: input, reference: .init(read: LLHTTPReference.read))
    if !violations.isEmpty { fatalError(violations.joined(separator: " ")) }
    return 0
}
