// The live view: asks the server every second while somebody can see the page.
import { readStatus } from './api.js';
import { element, find, setText } from './dom.js';
import { count, duration } from './format.js';
import { ModelCard } from './card.js';

const PeriodMs = 1000;
const LongestWaitMs = 5000;
const TimeoutMs = 5000;

/** Polls `/kvasir/status` and shows what it says. */
export class Live {
    #cards = new Map();
    #timer = 0;
    #asking = null;
    #failures = 0;
    #lastSeen = null;
    #needsKey = false;
    #onStatus;
    #onKeyNeeded;
    #numbers = {};

    /** `onStatus(status)` gets each answer (and may throw); `onKeyNeeded(message)` is called once when the server wants a key. */
    constructor(onStatus, onKeyNeeded) {
        this.#onStatus = onStatus;
        this.#onKeyNeeded = onKeyNeeded;
        find('server').append(this.#serverLine());
        document.addEventListener('visibilitychange', () => document.hidden ? this.#pause() : this.refresh());
        if (!document.hidden)
            this.refresh();
    }

    /** Asks at once, also after a key was refused. */
    refresh() {
        this.#pause();
        this.#needsKey = false;
        this.#ask();
    }

    #pause() {
        clearTimeout(this.#timer);
        this.#asking?.abort();
        this.#asking = null;
        for (const card of this.#cards.values())
            card.pause();
    }

    async #ask() {
        const asking = new AbortController();
        this.#asking = asking;
        const timeout = setTimeout(() => asking.abort('timeout'), TimeoutMs);
        try {
            const status = await readStatus(asking.signal);
            await this.#onStatus(status);
            if (this.#asking === asking)
                this.#seen(status);
        } catch (error) {
            if (this.#asking === asking)
                this.#failed(error);
        } finally {
            clearTimeout(timeout);
        }
        if (this.#asking === asking && !this.#needsKey)
            this.#timer = setTimeout(() => this.#ask(), Math.min(PeriodMs * 2 ** Math.max(0, this.#failures - 1), LongestWaitMs));
    }

    #seen(status) {
        this.#failures = 0;
        this.#lastSeen = Date.now();
        this.#state(status.server.draining ? 'draining' : 'connected', status.server.draining ? 'the server is stopping' : 'connected');
        const { requests } = status.server;
        setText(this.#numbers.version, status.server.version);
        setText(this.#numbers.uptime, duration(status.server.uptime_s));
        for (const name of ['active', 'finished', 'failed', 'cancelled', 'refused'])
            setText(this.#numbers[name], count(requests[name]));
        this.#showModels(status.models);
    }

    #showModels(models) {
        const names = new Set(models.map(model => model.name));
        for (const [name, card] of this.#cards) {
            if (!names.has(name)) {
                card.view.remove();
                this.#cards.delete(name);
            }
        }
        for (const model of models) {
            let card = this.#cards.get(model.name);
            if (!card) {
                card = new ModelCard(model.name);
                this.#cards.set(model.name, card);
                find('models').append(card.view);
            }
            card.update(model);
        }
    }

    #failed(error) {
        this.#failures++;
        for (const card of this.#cards.values())
            card.pause();
        if (error.status === 401) {
            this.#needsKey = true;
            this.#state('key', 'needs a key');
            this.#onKeyNeeded(error.message);
            return;
        }
        const ago = this.#lastSeen === null ? '' : `; the numbers are ${duration((Date.now() - this.#lastSeen) / 1000)} old`;
        this.#state('lost', `lost connection, trying again${ago}`);
    }

    #state(state, text) {
        find('connection').dataset.state = state;
        setText(find('connection'), text);
        find('view-live').dataset.state = state;
        find('live').classList.toggle('stale', state === 'lost' || state === 'key');
    }

    #serverLine() {
        const names = { active: 'active', finished: 'finished', failed: 'failed', cancelled: 'cancelled', refused: 'refused', uptime: 'up for', version: 'version' };
        return element('dl', { class: 'requests' }, ...Object.entries(names).map(([name, shown]) => {
            this.#numbers[name] = element('dd', {}, '–');
            return element('div', {}, element('dt', {}, shown), this.#numbers[name]);
        }));
    }
}
