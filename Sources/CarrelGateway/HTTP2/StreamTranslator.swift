import NIOCore
import NIOHPACK
import NIOHTTP2

/// Stands between one stream of HTTP/2 and the `ClientConnection` that serves it as if it were a connection of HTTP/1.1
/// with one request. Nothing is held here: what either side does not take is not read from the other.
final class StreamTranslator: ChannelDuplexHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = HTTP2Frame.FramePayload

    private enum Request { case head, body(RequestTranslation.Body), ended }

    private var request = Request.head
    private var response = ResponseTranslation()
    /// Succeeds when the response's last frame has left.
    private var lastFrame: EventLoopPromise<Void>?
    private let scratch: ResponseHead

    /// `scratch` may be shared by all streams of an event loop.
    init(scratch: ResponseHead) { self.scratch = scratch }

    // MARK: - Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .headers(let headers): take(headers, context)
        case .data(let data): take(data, context)
        default: break
        }
    }

    private func take(_ headers: HTTP2Frame.FramePayload.Headers, _ context: ChannelHandlerContext) {
        do {
            switch request {
            case .head:
                let translation = try RequestTranslation(headers.headers, endsStream: headers.endStream)
                response.answersHead = translation.isHead
                request = headers.endStream ? .ended : .body(translation.body)
                context.fireChannelRead(wrapInboundOut(translation.head))
            case .body(let body):
                request = .ended
                if body == .chunked {
                    context.fireChannelRead(wrapInboundOut(try RequestTranslation.end(of: headers.headers)))
                }
            case .ended: break
            }
        } catch {
            request = .ended
            reset(context, .protocolError)
        }
    }

    private func take(_ payload: HTTP2Frame.FramePayload.Data, _ context: ChannelHandlerContext) {
        guard case .body(let body) = request, case .byteBuffer(let data) = payload.data else { return }
        if payload.endStream { request = .ended }
        let count = data.readableBytes
        if body == .length {
            if count > 0 { context.fireChannelRead(wrapInboundOut(data)) }
            return
        }
        if count > 0 {
            var line = ByteBuffer(string: RequestTranslation.chunkSize(count))
            if count <= 4096 {
                line.writeImmutableBuffer(data)
                line.writeStaticString("\r\n")
                context.fireChannelRead(wrapInboundOut(line))
            } else {
                context.fireChannelRead(wrapInboundOut(line))
                context.fireChannelRead(wrapInboundOut(data))
                context.fireChannelRead(wrapInboundOut(ByteBuffer(string: "\r\n")))
            }
        }
        if payload.endStream { context.fireChannelRead(wrapInboundOut(ByteBuffer(string: "0\r\n\r\n"))) }
    }

    // MARK: - Responses

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let buffer = unwrapOutboundIn(data)
        guard buffer.readableBytes > 0 else { return writeNothing(context, promise) }
        response.take(buffer, scratch: scratch) { part in
            switch part {
            case .interim(let headers):
                context.write(wrapOutboundOut(.headers(.init(headers: headers))), promise: nil)
            case .head(let headers, let ends):
                let frame = HTTP2Frame.FramePayload.headers(.init(headers: headers, endStream: ends))
                context.write(wrapOutboundOut(frame), promise: ends ? end(context) : nil)
            case .data(let data, let ends):
                let frame = HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(data), endStream: ends))
                context.write(wrapOutboundOut(frame), promise: ends ? end(context) : nil)
            case .trailers(let headers):
                let frame = HTTP2Frame.FramePayload.headers(.init(headers: headers, endStream: true))
                context.write(wrapOutboundOut(frame), promise: end(context))
            case .broken: reset(context, .internalError)
            }
        }
        promise?.succeed()
    }

    /// Who writes nothing wants to know when everything before it has left.
    private func writeNothing(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        guard response.hasBegun, !response.hasEnded else {
            promise?.succeed()
            return
        }
        context.write(wrapOutboundOut(.data(.init(data: .byteBuffer(ByteBuffer())))), promise: promise)
    }

    private func end(_ context: ChannelHandlerContext) -> EventLoopPromise<Void> {
        let promise = context.eventLoop.makePromise(of: Void.self)
        lastFrame = promise
        return promise
    }

    // MARK: - The end

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        switch mode {
        case .output: endResponse(context, promise)
        case .all:
            // The client must see that this was not the whole of it.
            if response.hasBegun, !response.hasEnded { reset(context, .internalError) }
            context.close(promise: promise)
        case .input: context.close(mode: .input, promise: promise)
        }
    }

    private func endResponse(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        if response.endsWithConnection {
            response.close()
            let frame = HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(ByteBuffer()), endStream: true))
            context.writeAndFlush(wrapOutboundOut(frame), promise: end(context))
        }
        guard response.hasEnded, let lastFrame else { return context.close(promise: promise) }
        if let promise { lastFrame.futureResult.cascade(to: promise) }
        guard case .body = request else { return }
        // RFC 9113 section 8.1: all is said, the rest of the request is of no use.
        lastFrame.futureResult.assumeIsolated().whenSuccess { self.reset(context, .noError) }
    }

    private func reset(_ context: ChannelHandlerContext, _ code: HTTP2ErrorCode) {
        request = .ended
        context.writeAndFlush(wrapOutboundOut(.rstStream(code)), promise: nil)
    }
}
