import CarrelCore
import CarrelIdentity
import HTTPTypes
import Hummingbird

/// `GET /sign-in`: the providers, and a form for each local one.
enum SignInPage {
    private struct Data {
        struct Provider {
            let title: String
            let action: String
            let showTitle: Bool
        }

        struct Elsewhere {
            let title: String
            let address: String
            let isDown: Bool
        }

        let providers: [Provider]
        let elsewhere: [Elsewhere]
        let both: Bool
        let none: Bool
        let username: String
        let next: String?
        let csrf: String
        let error: String?
        let requestID: String?
        let place: String
    }

    static func show(_ call: Call) async throws -> Response {
        let next = call.queryValue("next").flatMap { SafeRedirect.path($0) }
        if call.caller.session != nil, call.hub.listener == .users || call.caller.isOperator {
            throw Redirect(to: destination(next, call))
        }
        if let provider = call.parameters["provider"] {
            guard call.localProvider(provider) != nil else { throw SignInPage.noProvider }
        }
        return await render(call, next: next)
    }

    static let noProvider = CarrelError(.notFound, "There is no such way to sign in.")

    /// The page; `error` is a sentence for the member, shown above the form.
    static func render(
        _ call: Call,
        next: String?,
        username: String = "",
        error: String? = nil,
        showsRequestID: Bool = false,
        status: HTTPResponse.Status = .ok
    ) async -> Response {
        let all = call.signIn.rules.providers
        let local = all.filter { $0.kind == "local" }
        var elsewhere: [Data.Elsewhere] = []
        for provider in all where provider.kind != "local" {
            elsewhere.append(
                Data.Elsewhere(
                    title: provider.title,
                    address: ProviderStart.address(provider.id, next: next),
                    isDown: await call.signIn.answers(provider.id) == false
                )
            )
        }
        let (binding, isNew) = call.formBinding()
        let data = Data(
            providers: local.map {
                Data.Provider(title: $0.title, action: "/sign-in/\($0.id)", showTitle: local.count > 1)
            },
            elsewhere: elsewhere,
            both: !local.isEmpty && !elsewhere.isEmpty,
            none: all.isEmpty,
            username: username,
            next: next,
            csrf: call.signIn.csrfToken(for: binding),
            error: error,
            requestID: showsRequestID ? call.requestID : nil,
            place: call.hub.listener == .operators ? "the operators' console" : "your workspaces"
        )
        var response = Layout("Sign in").response(call.hub.pages.signIn, data, call, status: status)
        if isNew {
            response.headers[values: .setCookie].append(
                SetCookie.line(call.cookieNames.formCookie, binding, lasts: nil, isSecure: call.isSecure)
            )
        }
        return response
    }

    /// The page's address, leading on to `next`.
    static func address(next: String?) -> String {
        guard let next, next != "/" else { return "/sign-in" }
        return "/sign-in?next=" + PercentCoding.encoded(next)
    }

    /// Where signing in leads: `next`, else the default app, else the portal.
    static func destination(_ next: String?, _ call: Call) -> String {
        if let next { return next }
        guard call.hub.listener == .users, let app = call.settings.defaultApp else { return "/" }
        return "/open/\(app)"
    }

    static let template = """
        <section class="card narrow">
        <h1>Sign in</h1>
        <p class="lead">to {{place}}</p>
        {{#error}}<p class="alert" role="alert">{{error}}</p>{{/error}}
        {{#requestID}}<p class="small">If you ask for help, give this number: <code>{{requestID}}</code></p>{{/requestID}}
        {{#none}}<p class="alert">No way to sign in is configured here. Ask an operator.</p>{{/none}}
        {{#elsewhere}}
        <p><a class="button primary wide" href="{{address}}">{{title}}</a></p>
        {{#isDown}}<p class="small alert">{{title}} does not answer right now.</p>{{/isDown}}
        {{/elsewhere}}
        {{#both}}<p class="small">or with an account of this server:</p>{{/both}}
        {{#providers}}
        <form method="post" action="{{action}}">
        {{#showTitle}}<h2>{{title}}</h2>{{/showTitle}}
        <input type="hidden" name="csrf" value="{{csrf}}">
        {{#next}}<input type="hidden" name="next" value="{{next}}">{{/next}}
        <label>User name
        <input name="username" value="{{username}}" autocomplete="username" autocapitalize="none" spellcheck="false"
        maxlength="200" required></label>
        <label>Password
        <input name="password" type="password" autocomplete="current-password" maxlength="1024" required></label>
        <button class="primary wide">Sign in</button>
        </form>
        {{/providers}}
        </section>
        """
}

extension Call {
    /// By its id; `local` also means the first local one, whatever it is called.
    func localProvider(_ id: Substring) -> SignInRules.Provider? {
        let local = signIn.rules.providers.filter { $0.kind == "local" }
        return local.first { $0.id == id } ?? (id == "local" ? local.first : nil)
    }

    /// The random value that forms are bound to before signing in, and whether the browser still has to be told.
    func formBinding() -> (value: String, isNew: Bool) {
        if let sent = sentFormBinding() { return (sent, false) }
        var random = SystemRandomNumberGenerator()
        return ("form-" + RandomText.base32(length: 26, from: &random), true)
    }

    func sentFormBinding() -> String? {
        RequestCookies(request.headers).values(cookieNames.formCookie).first {
            $0.hasPrefix("form-") && $0.utf8.count == 31
        }
    }
}
