import CarrelCore
import Glibc
import NIOSSL

/// Why the engine and carrel do not trust each other, in sentences. None of them has a key in it.
enum TLSTrouble: Sendable {
    /// What the engine shows is not signed by `tls.ca`, or has ended.
    case notVouchedFor
    /// It is another machine's.
    case otherName
    /// The engine closed after it saw ours.
    case refused
    /// Ours is not the key's.
    case mismatch
    case other

    /// Nil for what has nothing to do with TLS.
    init?(_ error: any Error) {
        guard error is NIOSSLError || error is BoringSSLError || error is NIOSSLExtraError else { return nil }
        let text = "\(error)"
        if error as? NIOSSLExtraError == .failedToValidateHostname {
            self = .otherName
        } else if error as? NIOSSLError == .failedToLoadPrivateKey || text.contains("KEY_VALUES_MISMATCH") {
            self = .mismatch
        } else if text.contains("CERTIFICATE_VERIFY_FAILED") {
            self = .notVouchedFor
        } else if text.contains("ALERT") || text.contains("CERTIFICATE_REQUIRED") {
            self = .refused
        } else {
            self = .other
        }
    }

    var sentence: String {
        switch self {
        case .notVouchedFor: "The container engine's certificate is not one that `tls.ca` vouches for, or has ended."
        case .otherName: "The container engine's certificate is for another name than its `address`."
        case .refused: "The container engine refuses carrel's certificate."
        case .mismatch: "The certificate and the key for the container engine do not belong together."
        case .other: "The container engine can't be spoken to by TLS."
        }
    }
}

extension DockerAddress {
    /// What is wrong with our certificate by the calendar; nil if nothing is.
    func untimely(now: Timestamp) -> String? {
        guard case .tls(_, _, let tls) = self, case .certificate(let ours)? = tls.certificateChain.first else {
            return nil
        }
        let seconds = now.milliseconds / 1000
        func text(_ time: time_t) -> String { Timestamp(milliseconds: Int64(time) * 1000).description }
        if ours.notValidAfter < seconds {
            return "Carrel's certificate for the container engine ended on \(text(ours.notValidAfter))."
        }
        if ours.notValidBefore > seconds {
            return "Carrel's certificate for the container engine is not valid before \(text(ours.notValidBefore))."
        }
        return nil
    }
}
