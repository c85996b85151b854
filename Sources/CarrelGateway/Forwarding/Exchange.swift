/// One request and its response, as far as the client's connection must remember.
struct Exchange {
    enum Upgrade { case none, webSocket, other }

    let requestID: RequestID
    let isHead: Bool
    /// HTTP/1.0: knows neither chunks nor interim responses.
    let isOld: Bool
    let upgrade: Upgrade
    let acceptsHTML: Bool
    /// What may be sent twice: an idempotent method without a body.
    let isRetriable: Bool
    /// Nil: to the hub.
    let mount: RoutePlan.Mount?
    /// What the browser asked for, where a redirect may need it.
    let host: String
    var keepsAlive: Bool
    var hasRetried = false
    var hasResponse = false
    /// What of the request is still to come.
    var body: BodyFollower
    /// How the response's body is framed for the client, where the upstream framed it in another way.
    var reframing = Reframing.none
    private var bodyBytes: Int64 = 0

    enum Reframing {
        case none
        /// The upstream ends it with the connection: chunks let the client see whether it is whole.
        case intoChunks
        /// The upstream sends chunks, which an old client does not know.
        case outOfChunks
    }

    /// Counts what came of the body, wherever it ends; false if that is more than `limit`, unless that is 0.
    mutating func takesBody(_ count: Int, limit: Int64) -> Bool {
        guard limit > 0, body.isChunked else { return true }
        bodyBytes += Int64(count)
        return bodyBytes <= limit
    }

    init(_ head: RequestHead, _ raw: UnsafeRawBufferPointer, id: RequestID, mount: RoutePlan.Mount?) {
        requestID = id
        isHead = head.method == .head
        isOld = head.minorVersion == 0
        upgrade = head.upgrade.map { raw.equals($0, "websocket") ? .webSocket : .other } ?? .none
        acceptsHTML = head.acceptsHTML
        switch head.method {
        case .get, .head, .options, .put, .delete: isRetriable = head.framing == .none && head.upgrade == nil
        case .post, .other, .refused: isRetriable = false
        }
        self.mount = mount
        host = mount?.strips == true ? raw.text(head.host) : ""
        keepsAlive = head.keepsAlive
        body = BodyFollower(head.framing)
    }
}
