import CarrelCore

/// What one event loop counted for one workspace. Nothing else touches it, so counting costs an addition.
struct TrafficCount {
    var lastActiveAt: Timestamp?
    var firstByteAt: Timestamp?
    var open = 0
    var bytesIn: Int64 = 0
    var bytesOut: Int64 = 0

    func added(to sum: Traffic?) -> Traffic {
        guard let sum else {
            return Traffic(
                lastActiveAt: lastActiveAt,
                firstByteAt: firstByteAt,
                open: open,
                bytesIn: bytesIn,
                bytesOut: bytesOut
            )
        }
        return Traffic(
            lastActiveAt: [lastActiveAt, sum.lastActiveAt].compactMap(\.self).max(),
            firstByteAt: [firstByteAt, sum.firstByteAt].compactMap(\.self).min(),
            open: open + sum.open,
            bytesIn: bytesIn + sum.bytesIn,
            bytesOut: bytesOut + sum.bytesOut
        )
    }
}
