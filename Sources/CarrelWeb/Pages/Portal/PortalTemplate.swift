extension PortalPage {
    static let template = """
        <div id="live" data-moves="{{moves}}">
        {{#hasLiving}}
        <section aria-labelledby="mine">
        <h1 id="mine">My workspaces</h1>
        <ul class="rows">
        {{#living}}
        <li class="card row">
        <div class="grow"><h2>{{title}}{{#name}} <span class="tag">{{name}}</span>{{/name}}</h2>
        <p class="small"><span class="phase {{style}}">{{word}}</span> {{since}}{{#note}}<br>{{note}}{{/note}}</p></div>
        <div class="actions"><a class="button primary" href="{{address}}">Go on</a>
        {{#stop}}<form method="post" action="{{stop}}"><input type="hidden" name="csrf" value="{{csrf}}">
        <button aria-label="Stop {{title}}{{#name}} {{name}}{{/name}}">Stop</button></form>{{/stop}}</div>
        </li>
        {{/living}}
        </ul>
        </section>
        {{/hasLiving}}
        <section aria-labelledby="apps">
        <h1 id="apps">Apps</h1>
        {{#noApps}}<p class="card">No app is open to you yet. Ask an operator.</p>{{/noApps}}
        <ul class="grid">
        {{#apps}}
        <li class="card app">
        <h2>{{title}}</h2>
        {{#description}}<p>{{description}}</p>{{/description}}
        <div class="actions">
        <form method="post" action="{{address}}"><input type="hidden" name="csrf" value="{{csrf}}">
        <button class="primary" aria-label="Open {{title}}">Open</button></form>
        </div>
        <details><summary>Open another one</summary>
        <form method="post" action="{{address}}" class="inline"><input type="hidden" name="csrf" value="{{csrf}}">
        <label>Its name <input name="name" pattern="[a-z0-9][a-z0-9\\-]{0,39}" maxlength="40" required
        autocapitalize="none" placeholder="thesis" aria-describedby="name-{{id}}"></label>
        <button>Open</button>
        <p class="small" id="name-{{id}}">Lower-case letters, digits and hyphens.</p></form></details>
        </li>
        {{/apps}}
        </ul>
        </section>
        {{#hasServices}}
        <section aria-labelledby="shared">
        <h1 id="shared">Shared</h1>
        <ul class="grid">
        {{#services}}
        <li class="card app">
        <h2>{{title}}</h2>
        <div class="actions"><a class="button primary" href="{{address}}" aria-label="Go to {{title}}">Go there</a></div>
        </li>
        {{/services}}
        </ul>
        </section>
        {{/hasServices}}
        {{#hasHomes}}
        <section aria-label="Storage">
        <ul class="rows">
        {{#homes}}
        <li class="card row home">
        <div class="grow"><h2>{{title}}</h2>
        <p class="small">{{words}}{{#since}} · {{since}}{{/since}}</p>
        {{#percent}}<meter class="store {{style}}" min="0" max="100" value="{{percent}}" aria-label="{{title}}: {{words}}"
        >{{percent}} %</meter>{{/percent}}
        {{#warning}}<p class="alert small" role="status">{{warning}}</p>{{/warning}}</div>
        </li>
        {{/homes}}
        </ul>
        </section>
        {{/hasHomes}}
        {{#hasEnded}}
        <section aria-labelledby="past">
        <h1 id="past">Lately</h1>
        <ul class="rows">
        {{#ended}}
        <li class="card row past">
        <div class="grow"><h2>{{title}}{{#name}} <span class="tag">{{name}}</span>{{/name}}</h2>
        <p class="small"><span class="phase {{style}}">{{word}}</span> {{since}}{{#note}}<br>{{note}}{{/note}}</p></div>
        <div class="actions"><a class="button" href="{{address}}">Open again</a></div>
        </li>
        {{/ended}}
        </ul>
        </section>
        {{/hasEnded}}
        </div>
        """
}
