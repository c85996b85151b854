/// Follows a workspace's events and goes on into it.
enum ProgressScript {
    static let text = """
        "use strict";
        (() => {
          const box = document.querySelector("[data-events]");
          if (!box || !window.EventSource) return;
          const message = document.getElementById("message");
          const steps = [...document.querySelectorAll("#steps li")];
          const first = box.dataset.phase;
          let leaving = false;
          const go = (wait) => {
            if (leaving) return;
            leaving = true;
            setTimeout(() => location.replace(box.dataset.target), wait);
          };
          const show = (current) => steps.forEach((step, index) => {
            step.className = index < current ? "done" : index === current ? "now" : "later";
            if (index === current) step.setAttribute("aria-current", "step"); else step.removeAttribute("aria-current");
          });
          const source = new EventSource(box.dataset.events);
          source.addEventListener("workspace", (event) => {
            const workspace = JSON.parse(event.data);
            if (workspace.message && message.textContent !== workspace.message) message.textContent = workspace.message;
            show({ queued: 0, starting: 1, ready: 2, paused: 2 }[workspace.phase] ?? -1);
            // Where it was ready when the page was made, its route is just being changed: not too fast round.
            if (workspace.phase === "ready" || workspace.phase === "paused") go(first === workspace.phase ? 1500 : 0);
            if (workspace.phase === "ended") { source.close(); go(300); }
          });
          source.addEventListener("error", () => { if (source.readyState === EventSource.CLOSED) go(3000); });
        })();

        """
}
