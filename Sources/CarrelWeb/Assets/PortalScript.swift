/// Keeps the portal's lists up to date while somebody looks at them.
enum PortalScript {
    static let text = """
        "use strict";
        (() => {
          const live = () => document.getElementById("live");
          const busy = () => live().contains(document.activeElement) || live().querySelector("details[open]");
          const refresh = async () => {
            if (document.hidden || busy()) return;
            try {
              const answer = await fetch("/", { headers: { Accept: "text/html" }, redirect: "error" });
              if (!answer.ok) return;
              const page = new DOMParser().parseFromString(await answer.text(), "text/html");
              const fresh = page.getElementById("live");
              if (fresh && !busy() && fresh.innerHTML !== live().innerHTML) live().replaceWith(fresh);
            } catch { /* the next round tries again */ }
          };
          const round = () => setTimeout(async () => { await refresh(); round(); }, live().dataset.moves === "true" ? 2000 : 20000);
          round();
          document.addEventListener("visibilitychange", refresh);
        })();

        """
}
