/// Sizes for people.
public enum ByteText {
    private static let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"]

    /// `512 bytes`, `1.5 GiB`, `20 GiB`: at most three digits that say something.
    public static func of(_ bytes: Int64) -> String {
        var unit = 0
        var size: Int64 = 1
        while unit < units.count - 1, bytes / size >= 1024 {
            size <<= 10
            unit += 1
        }
        let tenths = bytes / size * 10 + bytes % size * 10 / size
        let text = tenths >= 1000 || tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
        return "\(text) \(units[unit])"
    }
}
