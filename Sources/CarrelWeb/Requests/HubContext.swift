import Hummingbird
import NIOCore

/// What Hummingbird hands along; everything of ours is in `Call`.
struct HubContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: Source) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}
