/// Where the files of homes lie, for those who copy them.
public protocol HomePlacing: Sendable {
    /// Also before `prepare`. With `making`, a volume that is missing is made. Throws `CarrelError` where the engine can't be
    /// asked.
    func place(of home: HomeMount, making: Bool) async throws -> HomePlace
}

public enum HomePlace: Hashable, Sendable {
    /// A directory of this machine. It need not exist yet.
    case directory(String)
    /// This process can't get at it: why, as half a sentence.
    case unreachable(because: String)
}
