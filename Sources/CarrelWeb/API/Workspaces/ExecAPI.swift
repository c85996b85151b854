import CarrelCore
import CarrelIdentity
import CarrelWorkspaces
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `POST /api/v1/workspaces/<id>/exec?order=JSON`, on the control socket only: a command inside a workspace, for operators.
/// Both bodies are rows of `ShellFrame`, and come at the same time. Everything is recorded, also what is refused.
enum ExecAPI {
    static func run(_ call: Call) async throws -> Response {
        var from: [String: String] = [:]
        if let peer = call.peer {
            from["uid"] = "\(peer.uid)"
            from["login"] = peer.login.map { "\($0)" }
        }
        let order = call.queryValue("order").flatMap { try? JSONDecoder().decode(ShellOrder.self, from: Data($0.utf8)) }
        do {
            guard call.peer?.isTrusted == true else {
                throw CarrelError(.forbidden, "Only root and the user that runs carrel may do that.")
            }
            guard let order, !order.command.isEmpty else { throw CarrelError(.invalid, "Say what to run.") }
            return response(call, order, in: try await call.reachableWorkspace().id, from: from)
        } catch {
            try await call.workspaces.refuseShell(
                order,
                in: call.parameters["id"].flatMap { WorkspaceID($0) },
                by: call.caller.actor,
                from: from,
                because: (error as? CarrelError)?.message ?? "\(error)"
            )
            throw error
        }
    }

    private static func response(
        _ call: Call,
        _ order: ShellOrder,
        in id: WorkspaceID,
        from: [String: String]
    ) -> Response {
        let body = ResponseBody { writer in
            let frames = Handoff<ShellFrame>()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    let end = await run(order, in: id, from: from, call, frames)
                    await frames.put(end)
                    frames.finish()
                }
                defer {
                    group.cancelAll()
                    frames.finish()
                }
                while let frame = await frames.take() { try await writer.write(ByteBuffer(bytes: frame.bytes)) }
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [.contentType: "application/octet-stream", .cacheControl: "no-store"],
            body: body
        )
    }

    /// The last frame.
    private static func run(
        _ order: ShellOrder,
        in id: WorkspaceID,
        from: [String: String],
        _ call: Call,
        _ frames: Handoff<ShellFrame>
    ) async -> ShellFrame {
        do {
            let code = try await call.workspaces.runShell(order, in: id, by: call.caller.actor, from: from) { shell in
                try await pump(shell, order, call, frames)
            }
            guard let code else { return .ended(code: nil, because: "It is not known how the command ended.") }
            return .ended(code: code, because: nil)
        } catch {
            call.hub.logger.warning("exec in \(id): \(error)")
            let known = (error as? CarrelError)?.message
            return .ended(code: nil, because: known ?? "The connection to the command broke.")
        }
    }

    private enum Event { case ended, left, other }

    /// Until the command has ended: its exit code. Nil if whoever asked has gone before.
    private static func pump(
        _ shell: any Shell,
        _ order: ShellOrder,
        _ call: Call,
        _ frames: Handoff<ShellFrame>
    ) async throws -> Int32? {
        let input = call.request.body
        let (handedOver, ending) = (call.services.gate.handedOver, call.services.ending)
        let event = try await withThrowingTaskGroup(of: Event.self) { group in
            group.addTask {
                if let size = order.terminal?.size { try await shell.resize(size) }
                return .other
            }
            group.addTask {
                for try await piece in shell.output { await frames.put(.output(piece)) }
                return .ended
            }
            group.addTask {
                // A connection that breaks is one that was left.
                try? await forward(input, to: shell)
                return .left
            }
            group.addTask {
                try await handedOver.wait()
                throw CarrelError(.conflict, "Another carrel took over, and the command was ended: run it again.")
            }
            group.addTask {
                try await ending.wait()
                throw CarrelError(.conflict, "carrel serve is being stopped, and the command was ended.")
            }
            defer { group.cancelAll() }
            while let event = try await group.next() { if event != .other { return event } }
            return Event.left
        }
        return event == .ended ? try await shell.exitCode() : nil
    }

    private static func forward(_ input: RequestBody, to shell: any Shell) async throws {
        var reader = ShellFrame.Reader()
        for try await part in input {
            for frame in try reader.feed(part.readableBytesView) {
                switch frame {
                case .input(let bytes): try await shell.send(bytes)
                case .inputEnd: try await shell.endInput()
                case .resize(let size): try await shell.resize(size)
                case .output, .ended: throw CarrelError(.invalid, "A frame that only the hub sends.")
                }
            }
        }
    }
}
