import CarrelCore
import CarrelIdentity
import CarrelWorkspaces
import Hummingbird

/// `GET /api/v1/workspaces/<id>/logs`: text, or events with `?follow=1`.
enum LogsAPI {
    static func show(_ call: Call) async throws -> Response {
        let workspace = try await call.reachableWorkspace { .readLogs(owner: $0) }
        let lines = Int(try call.queryNumber("lines", in: 1...10_000, otherwise: 200))
        guard call.queryValue("follow") == "1" else {
            return TextResponse.make(try await call.workspaces.logs(workspace.id, lines: lines))
        }
        let past = try await call.workspaces.logs(workspace.id, lines: lines)
        let more = workspace.phase == .ended ? nil : try await call.workspaces.followLogs(workspace.id)
        return EventStream.response(
            clock: call.services.clock,
            until: call.services.gate.handedOver,
            while: call.isStillProved
        ) { send in
            if !past.isEmpty { send(EventStream.frame(data: past)) }
            guard let more else { return }
            for try await text in more { send(EventStream.frame(data: text)) }
        }
    }
}
