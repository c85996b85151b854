extension ConsolePage {
    static let template = """
        <section aria-labelledby="pools">
        <h1 id="pools">Pools</h1>
        <div class="card scroll" tabindex="0" role="region" aria-labelledby="pools"><table>
        <thead><tr><th scope="col">App</th><th scope="col" class="n">Wanted</th><th scope="col" class="n">Ready</th>
        <th scope="col" class="n">Starting</th><th scope="col" class="n">Claimed</th>
        <th scope="col" class="n">Queued</th><th scope="col" class="n">Max</th></tr></thead>
        <tbody>
        {{#pools}}<tr><th scope="row">{{app}}</th>
        <td class="n">{{wanted}}</td><td class="n">{{ready}}</td><td class="n">{{starting}}</td>
        <td class="n">{{claimed}}</td><td class="n">{{queued}}</td><td class="n">{{max}}</td></tr>
        {{#failing}}<tr class="why"><td colspan="7"><p class="alert small">{{failing}}</p></td></tr>{{/failing}}{{/pools}}
        </tbody></table></div>
        </section>
        <section aria-labelledby="workspaces">
        <h1 id="workspaces">Workspaces</h1>
        {{^hasRows}}<p class="card">None is living.</p>{{/hasRows}}
        {{#hasRows}}
        <div class="card scroll" tabindex="0" role="region" aria-labelledby="workspaces"><table>
        <thead><tr><th scope="col">Owner</th><th scope="col">App</th><th scope="col">Phase</th>
        <th scope="col">Id</th><th scope="col"><span class="hidden">Stop</span></th></tr></thead>
        <tbody>
        {{#rows}}<tr><td>{{#owner}}{{owner}}{{/owner}}{{^owner}}<span class="small">spare</span>{{/owner}}</td>
        <td>{{app}}{{#name}} <span class="tag">{{name}}</span>{{/name}}</td>
        <td><span class="phase {{style}}">{{word}}</span> <span class="small">{{since}}</span></td>
        <td><code>{{id}}</code></td>
        <td>{{#stop}}<form method="post" action="{{stop}}"><input type="hidden" name="csrf" value="{{csrf}}">
        <button class="quiet" aria-label="Stop {{id}}">Stop</button></form>{{/stop}}</td></tr>{{/rows}}
        </tbody></table></div>
        {{#left}}<p class="small">{{left}} more are not shown here: the API lists all of them.</p>{{/left}}
        {{/hasRows}}
        </section>
        <section aria-labelledby="engines">
        <h1 id="engines">Engines</h1>
        <ul class="rows">
        {{#engines}}<li class="card"><h2>{{name}} <span class="tag">{{kind}}</span></h2>
        <p class="small">Instances: {{instances}}</p>
        <ul class="findings">{{#findings}}<li>{{.}}</li>{{/findings}}</ul></li>{{/engines}}
        </ul>
        </section>
        """
}
