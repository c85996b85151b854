import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// AES-GCM with a random nonce, as base64url: text that only this deployment can read, and only for what it was sealed.
struct SealedText: Sendable {
    let key: SymmetricKey

    /// `purpose` must be the same when it is opened.
    func seal(_ text: some Sequence<UInt8>, for purpose: String) -> String? {
        // Fails only for nonces of a wrong size, and this one is made here.
        guard let box = try? AES.GCM.seal(Data(text), using: key, authenticating: Data(purpose.utf8)),
            let combined = box.combined
        else { return nil }
        return UnpaddedBase64.encode(combined)
    }

    /// Nil unless it was sealed with this key for this purpose.
    func open(_ text: some StringProtocol, for purpose: String) -> [UInt8]? {
        guard let bytes = UnpaddedBase64.decode(text), let box = try? AES.GCM.SealedBox(combined: Data(bytes)),
            let opened = try? AES.GCM.open(box, using: key, authenticating: Data(purpose.utf8))
        else { return nil }
        return Array(opened)
    }
}
