// The KV pool as a field of cells, one for a block or for as many blocks as it takes to keep the field small.
import { element, setText } from './dom.js';
import { count } from './format.js';

const Cells = 144;
const States = {
    active: 'read or written by a running request',
    cached: 'kept for reuse',
    reserved: 'promised to a request',
    quarantined: 'not to be reused',
    free: 'empty',
};

/** How many of `cells` each state gets: in proportion, none of the states that exist vanishes, and the sum is exact. */
export function share(blocks, cells) {
    const total = blocks.reduce((sum, value) => sum + value, 0);
    if (total <= cells)
        return blocks.slice();
    const exact = blocks.map(value => value * cells / total);
    const given = exact.map((value, index) => blocks[index] === 0 ? 0 : Math.max(1, Math.floor(value)));
    for (let left = cells - given.reduce((sum, value) => sum + value, 0); left !== 0; left -= Math.sign(left)) {
        const step = Math.sign(left);
        let best = -1;
        for (let index = 0; index < given.length; index++) {
            if (blocks[index] > 0 && given[index] + step > 0 && (best < 0 || (exact[index] - given[index]) * step > (exact[best] - given[best]) * step))
                best = index;
        }
        given[best] += step;
    }
    return given;
}

/** The field and its legend. */
export class Pool {
    #field = element('div', { class: 'pool', role: 'img' });
    #amounts = {};

    constructor() {
        this.view = element('div', {}, this.#field, element('ul', { class: 'legend pool-legend' }, ...Object.entries(States).map(([state, meaning]) => {
            this.#amounts[state] = element('span', { class: 'amount' });
            return element('li', { title: meaning }, element('i', { class: `cell ${state}`, 'aria-hidden': 'true' }), element('span', { class: 'name' }, state), ' ', this.#amounts[state]);
        })));
    }

    /** Shows the blocks by state. */
    update(kv) {
        const states = Object.keys(States);
        const blocks = states.map(state => kv.blocks[state] ?? 0);
        const cells = share(blocks, Cells).flatMap((number, index) => Array(number).fill(states[index]));
        while (this.#field.children.length > cells.length)
            this.#field.lastChild.remove();
        while (this.#field.children.length < cells.length)
            this.#field.append(element('i'));
        cells.forEach((state, index) => {
            const name = `cell ${state}`;
            if (this.#field.children[index].className !== name)
                this.#field.children[index].className = name;
        });
        states.forEach((state, index) => setText(this.#amounts[state], count(blocks[index])));
        this.#field.setAttribute('aria-label', `Blocks: ${states.map((state, index) => `${blocks[index]} ${state}`).join(', ')}`);
    }
}
