/// One line of `POST /images/create` (https://docs.docker.com/engine/api/v1.41/#operation/ImageCreate).
struct PullLine: Decodable, Sendable {
    var status: String?
    /// A layer's, of the lines that are about one.
    var id: String?
    var progress: Amount?
    var error: String?
    var errorDetail: Detail?

    struct Amount: Decodable, Sendable {
        /// Bytes.
        var current: Int64?
        var total: Int64?
    }

    struct Detail: Decodable, Sendable { var message: String? }

    /// What went wrong, in the engine's words; nil: nothing did.
    var failure: String? { errorDetail?.message ?? error }

    enum CodingKeys: String, CodingKey {
        case status, id, error, errorDetail
        case progress = "progressDetail"
    }
}

/// How far the fetching of one image is, as its lines tell. Pure.
struct PullProgress: Sendable {
    fileprivate struct Layer {
        var received: Int64 = 0
        /// Nil until it begins.
        var total: Int64?
        var isReceived = false
        var isDone = false
    }

    private var layers: [String: Layer] = [:]

    var layersDone: Int { layers.values.count { $0.isDone } }
    var layerCount: Int { layers.count }
    /// Bytes received, as they travel: compressed.
    var received: Int64 { layers.values.reduce(0) { $0 + $1.received } }
    /// Bytes in all; nil as long as a layer has not told.
    var total: Int64? {
        layers.values.reduce(0) { sum, layer in
            guard let sum else { return nil }
            return layer.total.map { sum + $0 } ?? (layer.isReceived ? sum + layer.received : nil)
        }
    }

    mutating func take(_ line: PullLine) {
        guard let id = line.id, let status = line.status else { return }
        switch status {
        case "Pulling fs layer", "Waiting", "Verifying Checksum", "Already exists", "Download complete",
            "Pull complete",
            "Downloading", "Extracting":
            break
        // Of the whole image, or of later versions of the engine.
        default: return
        }
        var layer = layers[id] ?? Layer()
        switch status {
        case "Downloading":
            // It may begin again where the connection broke.
            layer.received = max(0, line.progress?.current ?? layer.received)
            if let total = line.progress?.total, total > 0 { layer.total = total }
        case "Download complete", "Extracting": layer.receive()
        case "Already exists", "Pull complete":
            layer.receive()
            layer.isDone = true
        default: break
        }
        layers[id] = layer
    }

    /// For the member.
    var sentence: String {
        guard layerCount > 0 else { return "Fetching the image" }
        let layers = "\(layersDone) of \(layerCount) layers"
        let everything = self.layers.values.allSatisfy { $0.isReceived || $0.isDone }
        if everything { return "Unpacking the image: \(layers)" }
        guard received > 0 else { return "Fetching the image: \(layers)" }
        let fetched = Self.megabytes(received)
        let bytes = total.map { "\(fetched) of \(Self.megabytes($0)) MB" } ?? "\(fetched) MB so far"
        return "Fetching the image: \(layers), \(bytes)"
    }

    /// Millions of bytes, as Docker counts.
    static func megabytes(_ bytes: Int64) -> String {
        bytes < 10_000_000 ? "\(bytes / 1_000_000).\(bytes / 100_000 % 10)" : "\(bytes / 1_000_000)"
    }
}

extension PullProgress.Layer {
    fileprivate mutating func receive() {
        isReceived = true
        if let total { received = total }
    }
}
