// One model in the live view.
import { element, setText } from './dom.js';
import { bytes, count, duration, milliseconds, percent, rate } from './format.js';
import { Pool } from './pool.js';
import { Sparkline } from './sparkline.js';

const Latencies = { ttft: 'first token', token: 'between tokens', queue: 'queue' };

/** A model's numbers; built once, then only changed where they change. */
export class ModelCard {
    #pool = new Pool();
    #speed = new Sparkline();
    #numbers = {};
    #body;
    #state;
    #poolText;
    #most;
    #computedBar;
    #reusedBar;
    #flow;

    constructor(name) {
        this.#state = element('span', { class: 'state' });
        this.#poolText = element('p', { class: 'hint' });
        this.#body = element('div', { class: 'card-body' },
            element('dl', { class: 'figures' }, this.#figure('hit', 'hit rate'), this.#figure('running', 'running'), this.#figure('waiting', 'waiting'), this.#figure('preemptions', 'preempted')),
            element('h4', {}, 'KV pool'), this.#pool.view, this.#poolText,
            element('h4', {}, 'Prompt tokens so far'), this.#tokens(),
            this.#latency(),
            this.#speedHead(), this.#speed.view);
        this.view = element('section', { class: 'card', 'aria-label': `Model ${name}` },
            element('header', {}, element('h3', {}, name), this.#state), this.#body);
    }

    /** Shows what the server says of the model. */
    update(model) {
        this.#state.dataset.state = model.state;
        setText(this.#state, model.state === 'unloaded' ? 'not loaded' : model.state);
        this.#body.hidden = model.kv === null || model.kv === undefined;
        if (this.#body.hidden)
            return;
        const numbers = this.#numbers;
        setText(numbers.hit, percent(model.hit_rate));
        for (const name of ['running', 'waiting', 'preemptions'])
            setText(numbers[name], count(model[name]));
        this.#pool.update(model.kv);
        setText(this.#poolText, `${count(model.kv.total)} blocks of ${count(model.kv.block_tokens)} tokens, ${bytes(model.kv.bytes)}`);
        this.#showTokens(model.tokens);
        for (const name of Object.keys(Latencies)) {
            setText(numbers[`${name}50`], milliseconds(model.latency_ms?.[name]?.p50));
            setText(numbers[`${name}95`], milliseconds(model.latency_ms?.[name]?.p95));
        }
        this.#speed.add(model.tokens_per_second ?? 0);
        setText(numbers.speed, rate(model.tokens_per_second));
        setText(this.#most, `most ${rate(this.#speed.most)} in ${duration(this.#speed.seconds)}`);
    }

    /** The next numbers do not follow the last ones: the line has a gap. */
    pause() {
        this.#speed.gap();
    }

    #figure(name, label) {
        this.#numbers[name] = element('dd', {}, '–');
        return element('div', {}, element('dt', {}, label), this.#numbers[name]);
    }

    #tokens() {
        this.#reusedBar = element('i', { class: 'swatch shared' });
        this.#computedBar = element('i', { class: 'swatch computed' });
        this.#flow = element('div', { class: 'bar-of-spans', role: 'img' }, this.#reusedBar, this.#computedBar);
        const named = (name, origin) => {
            this.#numbers[name] = element('span', { class: 'amount' });
            return element('li', {}, element('i', { class: `swatch ${origin}`, 'aria-hidden': 'true' }), element('span', { class: 'name' }, name), ' ', this.#numbers[name]);
        };
        return element('div', {}, this.#flow, element('ul', { class: 'legend' }, named('reused', 'shared'), named('computed', 'computed')));
    }

    #showTokens(tokens) {
        // The server's `computed` also counts rows of answers; here it is about prompts.
        const computed = Math.max(0, tokens.prompt - tokens.reused);
        setText(this.#numbers.reused, count(tokens.reused));
        setText(this.#numbers.computed, count(computed));
        this.#reusedBar.style.flexGrow = String(tokens.reused);
        this.#computedBar.style.flexGrow = String(computed);
        this.#reusedBar.hidden = tokens.reused === 0;
        this.#computedBar.hidden = computed === 0;
        this.#flow.setAttribute('aria-label', `${tokens.reused} prompt tokens reused, ${computed} computed`);
    }

    #latency() {
        const rows = Object.entries(Latencies).map(([name, label]) => {
            this.#numbers[`${name}50`] = element('td', {}, '–');
            this.#numbers[`${name}95`] = element('td', {}, '–');
            return element('tr', {}, element('th', { scope: 'row' }, label), this.#numbers[`${name}50`], this.#numbers[`${name}95`]);
        });
        return element('table', {},
            element('thead', {}, element('tr', {}, element('th', { scope: 'col' }, 'Latency'), element('th', { scope: 'col' }, 'p50'), element('th', { scope: 'col' }, 'p95'))),
            element('tbody', {}, ...rows));
    }

    #speedHead() {
        this.#numbers.speed = element('strong', {}, '–');
        this.#most = element('span', { class: 'hint' });
        return element('h4', { class: 'speed' }, element('span', {}, 'Tokens/s ', this.#numbers.speed), this.#most);
    }
}
