import HTTPTypes
import Hummingbird

/// One URL with its method, who may use it, and what answers.
struct Endpoint: Sendable {
    typealias Handler = @Sendable (Call) async throws -> Response

    let method: HTTPRequest.Method
    /// Segments between slashes; `{name}` stands for any one, a final `**` for any number.
    let pattern: String
    let access: Access
    let handler: Handler

    init(_ method: HTTPRequest.Method, _ pattern: String, _ access: Access, _ handler: @escaping Handler) {
        self.method = method
        self.pattern = pattern
        self.access = access
        self.handler = handler
    }
}

/// Who may use a URL, and how somebody is turned away who may not.
enum Access: Hashable, Sendable {
    /// Everybody; the handler looks for itself.
    case anyone
    /// A page for whoever is signed in: others are sent to the sign-in page.
    case page
    /// A form that a page of ours sends: signed in, with the CSRF token in the field `csrf`.
    case form
    /// The API: 401 for nobody, 403 where the right is missing, a CSRF header where a cookie signs a change.
    case api(Right)
}

/// What a token's scopes, a session or the command line may allow.
enum Right: Hashable, Sendable {
    /// To read what concerns one's own member.
    case read
    /// To claim, stop, pause and resume.
    case workspaces
    /// To read what concerns everybody.
    case observe
    case operate
    case pool
}
