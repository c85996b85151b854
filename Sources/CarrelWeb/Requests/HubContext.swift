import Hummingbird

/// What Hummingbird hands along; everything of ours is in `Call`.
struct HubContext: RequestContext {
    var coreContext: CoreRequestContextStorage

    init(source: Source) { coreContext = .init(source: source) }
}
