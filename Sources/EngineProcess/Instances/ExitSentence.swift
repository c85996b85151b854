import CarrelCore
import EngineHost
import Glibc

extension ExitRecord {
    /// Why it ended, as one sentence, as far as we know more than the code says.
    func sentence(memoryLimit: Int64?, log: String) -> String? {
        if oomKills > 0, code == 137 { return LogText.outOfMemory(limit: memoryLimit) }
        if asked { return "The app was asked to end." }
        if let signal {
            let name = String(cString: strsignal(signal))
            return LogText.ended("The app was ended by signal \(signal) (\(name)).", log: log)
        }
        guard let code else {
            return LogText.ended("Its keeper was ended from outside, and everything of it with it.", log: log)
        }
        return LogText.ended("The app ended by itself with code \(code).", log: log)
    }
}
