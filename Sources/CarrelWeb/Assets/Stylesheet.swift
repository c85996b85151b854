/// The one stylesheet. Text keeps a contrast of 4.5 to 1 or more on its ground, in light and dark.
enum Stylesheet {
    static let text = """
        :root { color-scheme: light dark; --ground: #f4f2ec; --card: #fffefb; --ink: #20252a; --soft: #5b6167;
          --line: #ddd9cd; --accent: #0f5c4d; --accent-ink: #ffffff; --accent-over: #0b4a3e; --focus: #b5700a;
          --bad: #a3271d; --bad-ground: #fbeae7; --warm: #8a5300; --shade: 0 1px 2px #20252a14, 0 6px 24px #20252a0d; }
        @media (prefers-color-scheme: dark) { :root { --ground: #14181a; --card: #1d2225; --ink: #e8e6df; --soft: #a3a9ad;
          --line: #343b3f; --accent: #6fcfb7; --accent-ink: #0c211c; --accent-over: #8fdcc8; --focus: #f2b84b;
          --bad: #ff9c8f; --bad-ground: #3a211e; --warm: #f0b968; --shade: none; } }
        *, *::before, *::after { box-sizing: border-box; }
        html { font: 100%/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
          -webkit-text-size-adjust: 100%; }
        body { margin: 0; min-height: 100vh; background: var(--ground); color: var(--ink); }
        h1, h2, p, ul, ol, pre { margin: 0; }
        h1 { font-size: 1.5rem; line-height: 1.25; font-weight: 650; letter-spacing: -.01em; overflow-wrap: anywhere; }
        h2 { font-size: 1.0625rem; line-height: 1.35; font-weight: 620; overflow-wrap: anywhere; }
        ul, ol { padding: 0; list-style: none; }
        a { color: var(--accent); text-underline-offset: .2em; }
        code, pre { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .875em; }
        :focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: 6px; }
        .skip { position: absolute; left: -99rem; }
        .skip:focus { left: 1rem; top: 1rem; z-index: 1; padding: .5rem 1rem; background: var(--card); }
        .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
        .top { display: flex; align-items: center; gap: .75rem; flex-wrap: wrap; max-width: 68rem; margin: 0 auto;
          padding: 1rem 1.25rem; }
        .brand { display: inline-flex; align-items: center; gap: .6rem; color: inherit; text-decoration: none;
          font-weight: 680; font-size: 1.125rem; letter-spacing: -.01em; }
        .brand img { display: block; }
        .place, .tag { font-size: .8125rem; font-weight: 500; color: var(--soft); border: 1px solid var(--line);
          border-radius: 99px; padding: .05rem .6rem; white-space: nowrap; vertical-align: middle; }
        .who { margin-left: auto; display: flex; align-items: center; gap: .5rem; min-width: 0; }
        .who .name { color: var(--soft); font-size: .9375rem; max-width: 12rem; overflow: hidden; text-overflow: ellipsis;
          white-space: nowrap; }
        main { max-width: 68rem; margin: 0 auto; padding: .75rem 1.25rem 4rem; }
        main section + section, #live section + section { margin-top: 2.25rem; }
        section > h1 { margin-bottom: .875rem; }
        .card { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 1.25rem;
          box-shadow: var(--shade); }
        .narrow { max-width: 28rem; margin: 8vh auto 0; padding: 2rem; }
        .narrow h1 { margin-bottom: .25rem; }
        .narrow form, .narrow .actions, .narrow details { margin-top: 1.25rem; }
        .narrow .actions form { margin: 0; }
        .lead { color: var(--soft); overflow-wrap: anywhere; }
        .small { font-size: .875rem; color: var(--soft); overflow-wrap: anywhere; }
        .narrow > .small { margin-top: 1.25rem; }
        .alert { margin-top: 1rem; padding: .625rem .875rem; border-radius: 10px; color: var(--bad);
          background: var(--bad-ground); }
        .why td { padding-top: 0; } tbody tr.why { border: 0; }
        .why .alert { margin: 0; padding: .25rem .625rem; color: var(--bad); }
        td .phase, td .small { white-space: nowrap; }
        label { display: block; font-weight: 550; font-size: .9375rem; }
        label + label { margin-top: 1rem; }
        input:not([type=hidden]) { display: block; width: 100%; margin-top: .375rem; padding: .625rem .75rem; font: inherit;
          font-weight: 400; color: inherit; background: var(--ground); border: 1px solid var(--soft); border-radius: 9px; }
        button, .button { display: inline-block; font: inherit; font-weight: 580; font-size: .9375rem; line-height: 1.4;
          text-align: center; padding: .5rem 1rem; border-radius: 9px; border: 1px solid var(--line); background: var(--card);
          color: var(--ink); text-decoration: none; cursor: pointer; white-space: nowrap; }
        button:hover, .button:hover { border-color: var(--soft); }
        .primary { background: var(--accent); border-color: var(--accent); color: var(--accent-ink); }
        .primary:hover { background: var(--accent-over); border-color: var(--accent-over); }
        .quiet { padding: .25rem .625rem; background: transparent; }
        .wide { width: 100%; margin-top: 1.5rem; padding: .6875rem 1rem; }
        .actions { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; }
        .rows { display: grid; gap: .75rem; }
        .row { display: flex; flex-wrap: wrap; gap: .75rem 1rem; align-items: center; padding: 1rem 1.25rem; }
        .row .grow { flex: 1 1 14rem; min-width: 0; }
        .past { box-shadow: none; background: transparent; }
        .grid { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr));
          align-items: start; }
        .app { display: flex; flex-direction: column; gap: .375rem; }
        .app > p { color: var(--soft); font-size: .9375rem; flex: 1; overflow-wrap: anywhere; }
        .app > .actions { margin-top: .75rem; }
        details { font-size: .9375rem; }
        summary { color: var(--soft); cursor: pointer; padding: .25rem 0; }
        details form { margin-top: .5rem; display: grid; gap: .5rem; }
        .phase { display: inline-block; font-weight: 600; color: var(--soft); }
        .phase::before { content: ""; display: inline-block; width: .5rem; height: .5rem; margin-right: .4rem;
          border-radius: 50%; background: currentColor; vertical-align: .06rem; }
        .phase.ready { color: var(--accent); }
        .phase.starting, .phase.queued, .phase.stopping { color: var(--warm); }
        .bar { height: 4px; margin-top: 1.5rem; border-radius: 2px; background: var(--line); overflow: hidden; }
        .bar span { display: block; height: 100%; width: 35%; border-radius: 2px; background: var(--accent);
          animation: along 1.6s ease-in-out infinite; }
        meter.store { display: block; width: 100%; max-width: 24rem; height: .5rem; margin-top: .5rem; border: 0;
          border-radius: 4px; overflow: hidden; background: var(--line); -moz-appearance: none; appearance: none; }
        meter.store::-webkit-meter-inner-element, meter.store::-webkit-meter-bar { display: block; height: 100%; border: 0;
          border-radius: 4px; background: var(--line); }
        meter.store::-webkit-meter-optimum-value { background: var(--accent); }
        meter.store::-moz-meter-bar { background: var(--accent); }
        meter.near::-webkit-meter-optimum-value { background: var(--warm); }
        meter.near::-moz-meter-bar { background: var(--warm); }
        meter.full::-webkit-meter-optimum-value { background: var(--bad); }
        meter.full::-moz-meter-bar { background: var(--bad); }
        .home .alert { padding: .25rem .625rem; color: var(--bad); }
        @keyframes along { from { transform: translateX(-100%); } to { transform: translateX(290%); } }
        @media (prefers-reduced-motion: reduce) { .bar span { animation: none; width: 100%; opacity: .5; } }
        .steps { display: flex; gap: 1.25rem; flex-wrap: wrap; margin-top: 1rem; font-size: .875rem; color: var(--soft); }
        .steps .now { color: var(--ink); font-weight: 600; }
        .steps .done::before { content: "✓ "; color: var(--accent); }
        pre { max-height: 18rem; overflow: auto; margin-top: .5rem; padding: .75rem; border-radius: 9px;
          background: var(--ground); border: 1px solid var(--line); white-space: pre-wrap; overflow-wrap: anywhere; }
        .scroll { position: relative; overflow-x: auto; padding: .25rem 0; }
        table { width: 100%; border-collapse: collapse; font-size: .9375rem; }
        th, td { text-align: left; vertical-align: top; padding: .625rem 1.25rem; font-weight: 400; }
        tbody th { font-weight: 600; }
        thead th { color: var(--soft); font-size: .8125rem; font-weight: 550; white-space: nowrap; }
        tbody tr { border-top: 1px solid var(--line); }
        .n { text-align: right; font-variant-numeric: tabular-nums; }
        .findings { margin-top: .5rem; display: grid; gap: .25rem; font-size: .875rem; color: var(--soft); }
        @media (max-width: 30rem) { .narrow { margin-top: 1rem; padding: 1.25rem; } .who .name { max-width: 8rem; }
          .row .actions { width: 100%; } th, td { padding: .5rem .75rem; } }

        """
}
