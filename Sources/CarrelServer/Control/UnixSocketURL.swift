/// The HTTP client's way to name a unix socket: `http+unix://<percent-encoded path><path>`.
enum UnixSocketURL {
    static func text(socket: String, path: String) -> String { "http+unix://\(encoded(socket))\(path)" }

    /// Everything but the unreserved characters (RFC 3986, section 2.3) in percent.
    static func encoded(_ text: String) -> String {
        let unreserved = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~".utf8)
        let digits = Array("0123456789ABCDEF")
        var result = ""
        for byte in text.utf8 {
            if unreserved.contains(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                result += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
        return result
    }
}
