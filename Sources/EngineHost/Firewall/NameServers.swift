/// Whom this machine asks for names.
package enum NameServers {
    /// In the order of the file (resolv.conf(5)); nothing but addresses, for they get into firewall rules.
    package static func listed(in path: String = "/etc/resolv.conf") -> [String] {
        (SystemFile.read(path) ?? "").split(separator: "\n").compactMap { line in
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count >= 2, words[0] == "nameserver" else { return nil }
            let address = String(words[1].prefix { $0 != "%" })
            return address.allSatisfy { $0.isHexDigit || $0 == "." || $0 == ":" } ? address : nil
        }
    }
}
