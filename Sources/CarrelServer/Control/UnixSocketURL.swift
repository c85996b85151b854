/// The HTTP client's way to name a unix socket: `http+unix://<percent-encoded path><path>`.
enum UnixSocketURL {
    static func text(socket: String, path: String) -> String {
        let unreserved = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~".utf8)
        let digits = Array("0123456789ABCDEF")
        var host = ""
        for byte in socket.utf8 {
            if unreserved.contains(byte) {
                host.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                host += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
        return "http+unix://\(host)\(path)"
    }
}
