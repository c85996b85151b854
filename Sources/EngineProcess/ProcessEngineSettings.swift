/// How one process engine is set up: `engines.<name>` of `carrel.yaml`, and where its parts lie.
public struct ProcessEngineSettings: Sendable {
    /// Whether workspaces are kept apart by bubblewrap.
    public enum Sandbox: String, Sendable, Codable, CaseIterable {
        /// Where it is installed and works; else a finding says what is weaker.
        case auto
        /// `prepare` refuses a machine where it doesn't work.
        case required
        case off
    }

    public var sandbox: Sandbox
    /// Directories and files beyond the system's own that workspaces see, read-only.
    public var visible: [String]
    /// Directories and files that workspaces never see, such as Carrel's own configuration.
    public var hidden: [String]
    /// Where workspaces' users come from under root; the last one is kept for their way out to the internet.
    public var uids: ClosedRange<UInt32>
    /// Where ports are chosen from without a sandbox.
    public var ports: ClosedRange<Int>
    /// The program `carrel-init`.
    public var initProgram: String
    /// When the log of a workspace is rotated, in bytes; the one before it is kept too.
    public var logLimit: Int

    public init(
        sandbox: Sandbox = .auto,
        visible: [String] = [],
        hidden: [String] = ["/etc/carrel"],
        uids: ClosedRange<UInt32> = 60_001...64_999,
        ports: ClosedRange<Int> = 20_000...29_999,
        initProgram: String,
        logLimit: Int = 1 << 20
    ) {
        self.sandbox = sandbox
        self.visible = visible
        self.hidden = hidden
        self.uids = uids
        self.ports = ports
        self.initProgram = initProgram
        self.logLimit = logLimit
    }
}
