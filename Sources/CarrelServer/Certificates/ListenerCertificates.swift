import CarrelConfig
import CarrelCore
import CarrelGateway
import Logging

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The certificates of the listeners that serve HTTPS. Empty where none does: then nothing of TLS is touched.
final class ListenerCertificates: Sendable {
    private let served: [(listener: String, certificate: ServedCertificate)]

    var isEmpty: Bool { served.isEmpty }

    /// Throws `ConfigurationRefused` with everything that is wrong with the files.
    init(_ configuration: Configuration) throws {
        var served: [(listener: String, certificate: ServedCertificate)] = []
        var problems: [ConfigurationProblem] = []
        for (name, tls) in configuration.tlsListeners {
            do {
                served.append((name, try ServedCertificate(tls.gatewayFiles)))
            } catch {
                problems.append(configuration.problem(error, of: name))
            }
        }
        guard problems.isEmpty else { throw ConfigurationRefused(problems: problems.sorted()) }
        self.served = served
    }

    subscript(_ listener: String) -> ServedCertificate? { served.first { $0.listener == listener }?.certificate }

    /// Takes the files that `configuration` names, changed or not. Throws `ConfigurationRefused`; then all stays as it
    /// was.
    func reload(_ configuration: Configuration) throws {
        let next = try ListenerCertificates(configuration)
        for (name, certificate) in served {
            guard let files = next[name]?.files else { continue }
            do { try certificate.replace(with: files) } catch {
                throw ConfigurationRefused(problems: [configuration.problem(error, of: name)])
            }
        }
    }

    /// Takes over files that changed since they were looked at, and says what came of it.
    func look(_ logger: Logger) {
        for (name, certificate) in served {
            switch certificate.look() {
            case .unchanged: break
            case .replaced: logger.notice("listener “\(name)”: new connections get the certificate that was put there")
            case .broken(let trouble):
                logger.error("listener “\(name)”: the certificate before stays in use: \(trouble)")
            }
        }
    }

    /// What works and should be looked after.
    func warnings(_ configuration: Configuration) -> [ConfigurationProblem] {
        served.flatMap { name, certificate -> [ConfigurationProblem] in
            var warnings: [ConfigurationProblem] = []
            let days = certificate.secondsLeft / 86_400
            if days < 14 {
                let trouble = CertificateTrouble(
                    file: .certificate,
                    sentence: "the certificate expires in \(days == 1 ? "1 day" : "\(days) days")",
                    remedy: "renew it: carrel takes the new files over by itself"
                )
                warnings.append(configuration.problem(trouble, of: name))
            }
            if let host = configuration.publicHost(of: name), !certificate.covers(host) {
                let names = certificate.names
                let trouble = CertificateTrouble(
                    file: .certificate,
                    sentence: "browsers come to \(host) (public-url), and the certificate is made for "
                        + (names.isEmpty ? "no name at all" : names.joined(separator: ", ")),
                    remedy: "have one made for \(host) too, or browsers warn of this server"
                )
                warnings.append(configuration.problem(trouble, of: name))
            }
            if name == "users", let host = configuration.workspacesHost, !certificate.covers(host.example) {
                let trouble = CertificateTrouble(
                    file: .certificate,
                    sentence:
                        "browsers come to workspaces at \(host.shown) (isolation), and the certificate is not made "
                        + "for that",
                    remedy: "have one made for \(host.shown) too, or browsers warn of every workspace"
                )
                warnings.append(configuration.problem(trouble, of: name))
            }
            if certificate.keyIsPublic {
                let trouble = CertificateTrouble(
                    file: .key,
                    sentence: "every user of this machine can read the private key",
                    remedy: "let only the user that carrel runs as read it: chmod 600 \(certificate.files.key)"
                )
                warnings.append(configuration.problem(trouble, of: name))
            }
            return warnings
        }
    }
}

extension Configuration {
    fileprivate var tlsListeners: [(name: String, tls: TLSFiles)] {
        [("users", users), ("operators", operators)].compactMap { name, rule in rule.tls.map { (name, $0) } }
    }

    /// That browsers come to, where `public-url` tells.
    fileprivate func publicHost(of listener: String) -> String? {
        let rule = listener == "users" ? users : operators
        return rule.publicOrigin.flatMap { URL(string: $0)?.host() }
    }

    /// Where workspaces are, as a certificate names it, and one such name. Nil: on the hub's.
    fileprivate var workspacesHost: (shown: String, example: String)? {
        switch sites.mode {
        case .path: nil
        case .host: (sites.domain, sites.domain)
        case .subdomain: ("*.\(sites.domain)", "ws-aaaaaaaaaaaaaaaa.\(sites.domain)")
        }
    }

    /// With its place in the file.
    fileprivate func problem(_ trouble: CertificateTrouble, of listener: String) -> ConfigurationProblem {
        let field = "listeners.\(listener).tls.\(trouble.file.rawValue)"
        let position = positions[field] ?? positions["listeners.\(listener).tls"] ?? Position(line: 1, column: 1)
        return ConfigurationProblem(
            file: fileName,
            line: position.line,
            column: position.column,
            field: field,
            found: nil,
            message: trouble.sentence,
            remedy: trouble.remedy
        )
    }
}

extension TLSFiles {
    fileprivate var gatewayFiles: CertificateFiles { CertificateFiles(certificate: certificate, key: key) }
}
