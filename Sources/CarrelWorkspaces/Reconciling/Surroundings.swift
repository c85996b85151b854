import CarrelCore
import Logging

/// Everything that claims and reconciler work with. One for each `Workspaces`.
struct Surroundings: Sendable {
    let store: any Store
    let engines: EngineSet
    let routes: RouteBook
    let probe: any AppProbing
    let rules: RulesInForce
    let clock: any WallClock
    let random: RandomSource
    let pacing: Pacing
    let progress: Progress
    let turns = Turns()
    let traces = TraceBook()
    let homes: HomeBook
    let logger: Logger
    /// One for each engine's loop.
    let pokes: [EngineName: Signal]

    /// As `pokes`, where somebody waits for a start that the store knows of: that needs no look at the engine first.
    let hurries: [EngineName: Signal]

    func hurry(_ engine: EngineName) { hurries[engine]?.set() }

    func poke(_ engine: EngineName) { pokes[engine]?.set() }

    func pokeAll() {
        for signal in pokes.values { signal.set() }
    }
}
