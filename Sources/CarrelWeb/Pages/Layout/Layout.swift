import CarrelCore
import HTTPTypes
import Hummingbird
import Mustache
import NIOCore

/// What stands around every page: head, brand, who is signed in, the way out.
struct Layout: Sendable {
    var title: String
    /// A script of ours, by name.
    var script: Assets.Name?
    /// Without JavaScript, the page is loaded again after so many seconds.
    var refresh: Int?
    /// Whoever asked is nobody any more.
    var isSignedOut: Bool

    init(_ title: String, script: Assets.Name? = nil, refresh: Int? = nil, isSignedOut: Bool = false) {
        self.title = title
        self.script = script
        self.refresh = refresh
        self.isSignedOut = isSignedOut
    }

    private struct Data {
        let title: String
        let icon: String
        let style: String
        let script: String?
        let refresh: Int?
        let home: String
        let place: String?
        let user: String?
        let csrf: String
        let main: String
    }

    /// The whole page.
    func response(
        _ template: MustacheTemplate,
        _ data: Any,
        _ call: Call,
        status: HTTPResponse.Status = .ok
    ) -> Response {
        let page = Data(
            title: title,
            icon: Assets.address(.icon),
            style: Assets.address(.style),
            script: script.map(Assets.address),
            refresh: refresh,
            home: "/",
            place: call.hub.listener == .operators ? "Operators" : nil,
            user: call.caller.session == nil || isSignedOut ? nil : call.caller.user?.name,
            csrf: call.csrfToken ?? "",
            main: template.render(data)
        )
        return TextResponse.make(call.hub.pages.layout.render(page), type: "text/html; charset=utf-8", status: status)
    }

    static let template = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>{{title}} · Carrel</title>
        <link rel="icon" href="{{icon}}" type="image/svg+xml">
        <link rel="stylesheet" href="{{style}}">
        {{#script}}<script src="{{script}}" defer></script>{{/script}}
        {{#refresh}}<noscript><meta http-equiv="refresh" content="{{refresh}}"></noscript>{{/refresh}}
        </head>
        <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="top">
        <a class="brand" href="{{home}}"><img src="{{icon}}" alt="" width="28" height="28"><span>Carrel</span></a>
        {{#place}}<span class="place">{{place}}</span>{{/place}}
        {{#user}}<form class="who" method="post" action="/sign-out">
        <input type="hidden" name="csrf" value="{{csrf}}">
        <span class="name" title="{{user}}">{{user}}</span>
        <button class="quiet">Sign out</button>
        </form>{{/user}}
        </header>
        <main id="main">
        {{{main}}}
        </main>
        </body>
        </html>

        """
}
