import CNIOLLHTTP

/// Reads with llhttp, strictly, as SwiftNIO has it.
final class LLHTTPReference {
    private var reading = Reading()
    private let answersHead: Bool
    private var isInTrailers = false
    private var isInValue = false

    private init(answersHead: Bool) { self.answersHead = answersHead }

    static func read(_ bytes: [UInt8], _ direction: Direction) -> Reading {
        let reader = LLHTTPReference(answersHead: direction == .responses(answersHead: true))
        var settings = settings()
        var parser = llhttp_t()
        c_nio_llhttp_init(&parser, direction == .requests ? HTTP_REQUEST : HTTP_RESPONSE, &settings)
        parser.data = Unmanaged.passUnretained(reader).toOpaque()
        withExtendedLifetime(reader) {
            var result = bytes.withUnsafeBytes { c_nio_llhttp_execute_swift(&parser, $0.baseAddress, $0.count) }
            if result == HPE_OK { result = c_nio_llhttp_finish(&parser) }
            // A message that is cut short is no error here.
            reader.reading.isRefused = ![HPE_OK, HPE_PAUSED_UPGRADE, HPE_INVALID_EOF_STATE].contains(result)
        }
        return reader.reading.trimmed
    }

    private static func of(_ parser: UnsafeMutablePointer<llhttp_t>?) -> LLHTTPReference? {
        parser.map { Unmanaged<LLHTTPReference>.fromOpaque($0.pointee.data).takeUnretainedValue() }
    }

    private func change(_ body: (inout ReadMessage) -> Void) {
        guard !reading.messages.isEmpty else { return }
        body(&reading.messages[reading.messages.count - 1])
    }

    private func takeField(_ bytes: UnsafeBufferPointer<UInt8>, isValue: Bool) {
        guard !isInTrailers else { return }
        change { message in
            if !isValue, isInValue || message.fields.isEmpty { message.fields.append(.init(name: [], value: [])) }
            guard !message.fields.isEmpty else { return }
            let last = message.fields.count - 1
            if isValue { message.fields[last].value += bytes } else { message.fields[last].name += bytes }
        }
        isInValue = isValue
    }

    private static func bytes(_ start: UnsafePointer<CChar>?, _ count: Int) -> UnsafeBufferPointer<UInt8> {
        UnsafeRawBufferPointer(start: start, count: count).bindMemory(to: UInt8.self)
    }

    private static func settings() -> llhttp_settings_t {
        var settings = llhttp_settings_t()
        c_nio_llhttp_settings_init(&settings)
        settings.on_message_begin = { parser in
            let reader = LLHTTPReference.of(parser)
            reader?.reading.messages.append(ReadMessage())
            reader?.isInTrailers = false
            reader?.isInValue = false
            return 0
        }
        settings.on_url = { parser, start, count in
            LLHTTPReference.of(parser)?.change { $0.target += LLHTTPReference.bytes(start, count) }
            return 0
        }
        settings.on_header_field = { parser, start, count in
            LLHTTPReference.of(parser)?.takeField(LLHTTPReference.bytes(start, count), isValue: false)
            return 0
        }
        settings.on_header_value = { parser, start, count in
            LLHTTPReference.of(parser)?.takeField(LLHTTPReference.bytes(start, count), isValue: true)
            return 0
        }
        settings.on_headers_complete = { parser in
            guard let parser, let reader = LLHTTPReference.of(parser) else { return -1 }
            reader.isInTrailers = true
            let head = parser.pointee
            reader.change { message in
                message.minorVersion = head.http_minor
                if head.type == UInt8(HTTP_RESPONSE.rawValue) {
                    message.subject = Array("\(head.status_code)".utf8)
                } else {
                    let name = c_nio_llhttp_method_name(llhttp_method(rawValue: UInt32(head.method)))
                    message.subject = name.map { Array(String(cString: $0).utf8) } ?? []
                }
            }
            let hasNoBody = (100..<200).contains(head.status_code) || [204, 304].contains(head.status_code)
            return reader.answersHead || hasNoBody && head.type == UInt8(HTTP_RESPONSE.rawValue) ? 1 : 0
        }
        settings.on_body = { parser, start, count in
            LLHTTPReference.of(parser)?.change { $0.body += LLHTTPReference.bytes(start, count) }
            return 0
        }
        settings.on_message_complete = { parser in
            LLHTTPReference.of(parser)?.change { $0.isWhole = true }
            // https://github.com/nodejs/llhttp/issues/202, as SwiftNIO does.
            parser?.pointee.content_length = 0
            return 0
        }
        return settings
    }
}

extension Reading {
    /// llhttp leaves blanks behind a value.
    var trimmed: Reading {
        var copy = self
        for message in copy.messages.indices {
            for field in copy.messages[message].fields.indices {
                let value = copy.messages[message].fields[field].value
                copy.messages[message].fields[field].value = value.withUnsafeBytes { raw in
                    Array(raw[raw.trimmed(0..<raw.count)])
                }
            }
        }
        return copy
    }
}
