/// The answer to plain HTTP where HTTPS is spoken: the same address there.
extension GatewayAnswer {
    /// 301 for what may be asked again by anyone; other methods keep theirs (308, RFC 9110 section 15.4.9).
    static func redirect(
        _ head: RequestHead,
        _ raw: UnsafeRawBufferPointer,
        to redirect: GatewayConfiguration.Redirect
    ) -> Self {
        let isReading = head.method == .get || head.method == .head
        var answer = Self(
            isReading ? 301 : 308,
            isReading ? "Moved Permanently" : "Permanent Redirect",
            "redirect",
            "This is served over HTTPS only."
        )
        var location = redirect.origin ?? "https://" + SecureRedirect.host(raw.text(head.host), port: redirect.port)
        if raw[head.target].first != ByteClasses.slash { location += "/" }
        answer.location = location + raw.text(head.target)
        return answer
    }
}

enum SecureRedirect {
    /// The host that was asked for, with the port where HTTPS is spoken.
    static func host(_ asked: String, port: Int) -> String {
        var host = asked
        if let colon = host.lastIndex(of: ":"), host[colon...].allSatisfy({ $0 == ":" || $0.isNumber }),
            !host[..<colon].contains(":") || host[..<colon].hasSuffix("]")
        {
            host = String(host[..<colon])
        }
        return port == 443 ? host : "\(host):\(port)"
    }
}
