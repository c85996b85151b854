import Testing

@testable import CarrelGateway

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite("A listener's certificate")
struct ServedCertificateTests {
    /// A directory with a certificate and its key, valid until 2120.
    private final class Place {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("tls-\(UUID().uuidString)")
        private var writes = 0

        init() throws {
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            try put(PEM.certificate, "c.pem")
            try put(PEM.key, "k.pem")
        }

        deinit { try? FileManager.default.removeItem(at: directory) }

        var files: CertificateFiles { CertificateFiles(certificate: path("c.pem"), key: path("k.pem")) }

        func path(_ name: String) -> String { directory.appendingPathComponent(name).path }

        /// As another file in its place, as tools that renew certificates do.
        func put(_ text: String, _ name: String) throws {
            writes += 1
            let fresh = directory.appendingPathComponent("new-\(writes)")
            try Data(text.utf8).write(to: fresh)
            _ = try? FileManager.default.removeItem(atPath: path(name))
            try FileManager.default.moveItem(atPath: fresh.path, toPath: path(name))
        }
    }

    @Test("A sound pair is served, with the days it has left")
    func sound() throws {
        let place = try Place()
        let certificate = try ServedCertificate(place.files)
        #expect(certificate.secondsLeft > 0)
        #expect(certificate.look() == .unchanged)
    }

    @Test(
        "What is wrong is told with the file that is to be mended, and nothing of the key",
        arguments: [
            ("", "k.pem", CertificateTrouble.File.key, "has no private key"),
            ("hello", "c.pem", .certificate, "has no certificate"),
            (PEM.otherKey, "k.pem", .key, "is not that of the certificate"),
            (PEM.expired, "c.pem", .certificate, "expired"),
            (PEM.early, "c.pem", .certificate, "is not valid yet"),
            (PEM.encryptedKey, "k.pem", .key, "is encrypted"),
            (PEM.certificate, "k.pem", .key, "has no private key"),
            (String(repeating: "x", count: 1 << 21), "c.pem", .certificate, "can't be read"),
        ]
    )
    func wrong(text: String, name: String, file: CertificateTrouble.File, words: String) throws {
        let place = try Place()
        try place.put(text, name)
        let trouble = #expect(throws: CertificateTrouble.self) { try ServedCertificate(place.files) }
        #expect(trouble?.file == file)
        #expect(trouble?.sentence.contains(words) == true)
        #expect(trouble?.description.contains("MIGH") == false)
    }

    @Test("A file that is not there, or is a directory, is told as such")
    func unreadable() throws {
        let place = try Place()
        var files = place.files
        files.key = place.path("nowhere.pem")
        #expect(throws: CertificateTrouble.self) { try ServedCertificate(files) }
        files.key = place.directory.path
        let trouble = #expect(throws: CertificateTrouble.self) { try ServedCertificate(files) }
        #expect(trouble?.sentence.contains("no regular file") == true)
    }

    @Test("Files that were renewed are taken over at the next look, once")
    func renewed() throws {
        let place = try Place()
        let certificate = try ServedCertificate(place.files)
        let before = ObjectIdentifier(certificate.context)
        try place.put(PEM.certificate, "c.pem")
        #expect(certificate.look() == .replaced)
        #expect(ObjectIdentifier(certificate.context) != before)
        #expect(certificate.look() == .unchanged)
    }

    @Test(
        "Between the certificate and its key nothing is told; a pair that stays broken is told once, and the old one stays"
    )
    func halfway() throws {
        let place = try Place()
        let certificate = try ServedCertificate(place.files)
        let before = ObjectIdentifier(certificate.context)
        try place.put(PEM.otherCertificate, "c.pem")
        #expect(certificate.look() == .unchanged)
        guard case .broken(let trouble) = certificate.look() else {
            Issue.record("nobody is told")
            return
        }
        #expect(trouble.file == .key)
        #expect(certificate.look() == .unchanged)
        #expect(ObjectIdentifier(certificate.context) == before)
        try place.put(PEM.otherKey, "k.pem")
        #expect(certificate.look() == .replaced)
    }

    @Test("Other files that can't be served change nothing")
    func replacing() throws {
        let place = try Place()
        let certificate = try ServedCertificate(place.files)
        let before = ObjectIdentifier(certificate.context)
        try place.put(PEM.otherKey, "other.pem")
        let other = CertificateFiles(certificate: place.files.certificate, key: place.path("other.pem"))
        #expect(throws: CertificateTrouble.self) { try certificate.replace(with: other) }
        #expect(certificate.files == place.files)
        #expect(ObjectIdentifier(certificate.context) == before)
    }
}

/// Made for these tests; they open nothing.
private enum PEM {
    static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBFzCBvaADAgECAgEBMAoGCCqGSM49BAMCMBQxEjAQBgNVBAMMCWxvY2FsaG9z
        dDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowFDESMBAGA1UEAwwJ
        bG9jYWxob3N0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYdAkOSHpSj/M2jaB
        2j1IG9LlGePmjUP8YPqveGVSsJhapoQuPuKMzHNL2s35nDrtEwdOl6FAHZHqEJEv
        NfA9CTAKBggqhkjOPQQDAgNJADBGAiEA7IDDwWqPR5uRVUhWX/jUVp8i386YQK5O
        kKGBKRG/ZbcCIQC1/WXFGVu5OTCW/TBIK9jP86f8S6R1lTWslrcLipDoMA==
        -----END CERTIFICATE-----

        """

    static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgs5ibN9jv/nRkxO3I
        IejZ2Au375vs4WaoXsXTteatzGqhRANCAARh0CQ5IelKP8zaNoHaPUgb0uUZ4+aN
        Q/xg+q94ZVKwmFqmhC4+4ozMc0vazfmcOu0TB06XoUAdkeoQkS818D0J
        -----END PRIVATE KEY-----

        """

    static let otherCertificate = """
        -----BEGIN CERTIFICATE-----
        MIIBFjCBvaADAgECAgEBMAoGCCqGSM49BAMCMBQxEjAQBgNVBAMMCWxvY2FsaG9z
        dDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowFDESMBAGA1UEAwwJ
        bG9jYWxob3N0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE3ldywU8OeoPa8GRY
        SZVmTu1+wNjEit7z4UaOMSz/Py6TUmVPF0vszNHW56TYcF5jkKGzNBNAwu431bGY
        9nW/3DAKBggqhkjOPQQDAgNIADBFAiEA/w3RmbYpYrZdhBbtt86VHwrW5Yaq4xTy
        kerPSQ/VOtwCIF1f9okV9z0z700HdsYs5M3oEDXTDzGamlvmDhmmsR5r
        -----END CERTIFICATE-----

        """

    static let otherKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgaso/gZT6Ya/IPkBi
        azoKuDRSRUn7sVZfnefK6sKHRcuhRANCAATeV3LBTw56g9rwZFhJlWZO7X7A2MSK
        3vPhRo4xLP8/LpNSZU8XS+zM0dbnpNhwXmOQobM0E0DC7jfVsZj2db/c
        -----END PRIVATE KEY-----

        """

    /// Of the first key, in January 2020 only.
    static let expired = """
        -----BEGIN CERTIFICATE-----
        MIIBFTCBu6ADAgECAgEBMAoGCCqGSM49BAMCMBQxEjAQBgNVBAMMCWxvY2FsaG9z
        dDAeFw0yMDAxMDEwMDAwMDBaFw0yMDAyMDEwMDAwMDBaMBQxEjAQBgNVBAMMCWxv
        Y2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGHQJDkh6Uo/zNo2gdo9
        SBvS5Rnj5o1D/GD6r3hlUrCYWqaELj7ijMxzS9rN+Zw67RMHTpehQB2R6hCRLzXw
        PQkwCgYIKoZIzj0EAwIDSQAwRgIhAOTfeYY5fPAiPaklUeDE2pGVuRLxOG41hDRA
        sXYyI3FqAiEAnAlHgcHDAuVhLD7UWG742qN2+/Kmfvl/oB+HifShFaQ=
        -----END CERTIFICATE-----

        """

    /// Of the first key, from 2119 on.
    static let early = """
        -----BEGIN CERTIFICATE-----
        MIIBGDCBv6ADAgECAgEBMAoGCCqGSM49BAMCMBQxEjAQBgNVBAMMCWxvY2FsaG9z
        dDAiGA8yMTE5MDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjAUMRIwEAYDVQQD
        DAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARh0CQ5IelKP8za
        NoHaPUgb0uUZ4+aNQ/xg+q94ZVKwmFqmhC4+4ozMc0vazfmcOu0TB06XoUAdkeoQ
        kS818D0JMAoGCCqGSM49BAMCA0gAMEUCIQC25Ui+XEB+6OzPLYjBWUKa+ahE/tU1
        nxyF5F2B/TEeyAIgGvql39JUMx+HhIknhjg+IS4c4VXpkENdlqzCOSiUK/A=
        -----END CERTIFICATE-----

        """

    static let encryptedKey = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAg=
        -----END ENCRYPTED PRIVATE KEY-----

        """
}
