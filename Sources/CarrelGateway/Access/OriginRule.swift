/// Whose pages may open WebSockets to a workspace and send it unsafe methods.
///
/// A page on a neighbouring name is same-site, so the browser sends it the session cookie; its `Origin` gives it away.
enum OriginRule {
    /// `scheme://host[:port]` in lower case, without the scheme's own port and without a path.
    static func normalised(_ origin: String) -> [UInt8] {
        var text = origin.lowercased()
        while text.hasSuffix("/") { text.removeLast() }
        if text.hasPrefix("https://"), text.hasSuffix(":443") { text.removeLast(4) }
        if text.hasPrefix("http://"), text.hasSuffix(":80") { text.removeLast(3) }
        return Array(text.utf8)
    }

    /// Reading, and asking what is allowed, changes nothing; an upgrade opens a channel that does.
    static func isUnsafe(_ head: RequestHead) -> Bool {
        if head.upgrade != nil { return true }
        switch head.method {
        case .get, .head, .options: return false
        case .post, .put, .delete, .other, .refused: return true
        }
    }

    /// `own`: the public origin, or nil to take `scheme` and the request's `host`.
    static func admits(
        _ head: RequestHead,
        _ raw: UnsafeRawBufferPointer,
        own: [UInt8]?,
        scheme: String,
        host: String,
        others: [[UInt8]]
    ) -> Bool {
        guard isUnsafe(head) else { return true }
        guard let origin = head.origin else { return !head.isCrossSite }
        let own = own ?? normalised("\(scheme)://\(host)")
        return raw.equals(origin, lowered: own) || others.contains { raw.equals(origin, lowered: $0) }
    }

    /// Whether a page of another origin may ask for this at all, where the workspace has an origin of its own: only by
    /// leading the whole window there. What a neighbour's page embeds, frames or fetches would be sent with the
    /// workspace's cookie, for names below one domain are one site.
    static func admitsVisit(_ head: RequestHead, _ raw: UnsafeRawBufferPointer, others: [[UInt8]]) -> Bool {
        guard head.isCrossSite else { return true }
        if let origin = head.origin, others.contains(where: { raw.equals(origin, lowered: $0) }) { return true }
        return (head.method == .get || head.method == .head) && head.navigates == true && !head.isEmbedded
    }
}
