import HTTPTypes

/// What kind of request a browser, or another client, makes: decided from its head alone.
struct Navigation: Sendable {
    let method: HTTPRequest.Method
    private let mode: String?
    private let destination: String?
    private let acceptsHTML: Bool
    private let isUpgrade: Bool

    init(_ head: HTTPRequest) {
        method = head.method
        mode = head.headerFields[.secFetchMode]
        destination = head.headerFields[.secFetchDest]
        acceptsHTML = head.headerFields[values: .accept].contains { $0.lowercased().contains("text/html") }
        isUpgrade = head.headerFields[.upgrade] != nil
    }

    /// The browser's own word that a person goes to this address in a tab of its own. A frame, a script, and a client
    /// that does not say, is none.
    var isTopLevel: Bool { method == .get && mode == "navigate" && destination == "document" }

    /// Whether the client tells what kind of request it makes, as browsers do.
    var says: Bool { mode != nil || destination != nil }

    /// Whoever asks will show a page: a tab, a frame, or a client that wants HTML and is no script.
    var wantsPage: Bool {
        guard acceptsHTML, !isUpgrade else { return false }
        return mode == nil || mode == "navigate"
    }

    /// A `GET` that will show a page, so that it may be sent elsewhere.
    var mayBeSentElsewhere: Bool { (method == .get || method == .head) && wantsPage }

    /// A `GET` by a script, for an image, for a WebSocket, or of another method: not for people.
    var isByProgram: Bool {
        guard method == .get || method == .head, !isUpgrade else { return true }
        return mode != nil && mode != "navigate"
    }
}
