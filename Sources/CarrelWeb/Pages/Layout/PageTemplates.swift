import Mustache

/// Every page's template, compiled once at the start.
struct PageTemplates: Sendable {
    let layout: MustacheTemplate
    let signIn: MustacheTemplate
    let signedOut: MustacheTemplate
    let portal: MustacheTemplate
    let open: MustacheTemplate
    let progress: MustacheTemplate
    let failure: MustacheTemplate
    let error: MustacheTemplate
    let console: MustacheTemplate

    /// Throws the parser's error if one of them does not compile.
    init() throws {
        layout = try MustacheTemplate(string: Layout.template)
        signIn = try MustacheTemplate(string: SignInPage.template)
        signedOut = try MustacheTemplate(string: SignOut.template)
        portal = try MustacheTemplate(string: PortalPage.template)
        open = try MustacheTemplate(string: OpenPage.template)
        progress = try MustacheTemplate(string: ProgressPage.template)
        failure = try MustacheTemplate(string: FailurePage.template)
        error = try MustacheTemplate(string: ErrorPage.template)
        console = try MustacheTemplate(string: ConsolePage.template)
    }
}
