// A line of the last two minutes.
import { drawing } from './dom.js';

const Samples = 120;
const Height = 32;

/** One number a second; `gap` breaks the line. */
export class Sparkline {
    #values = [];
    #line = drawing('path', { class: 'line', 'vector-effect': 'non-scaling-stroke' });
    #area = drawing('path', { class: 'area' });

    constructor() {
        this.view = drawing('svg', { class: 'sparkline', viewBox: `0 0 ${Samples - 1} ${Height}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': 'Tokens per second, the last two minutes' },
            this.#area, this.#line);
    }

    /** The largest number that is shown. */
    get most() {
        return Math.max(0, ...this.#values.filter(value => value !== null));
    }

    /** How many seconds the line spans. */
    get seconds() {
        return this.#values.length;
    }

    /** Adds the number of this second. */
    add(value) {
        this.#values.push(value);
        this.#draw();
    }

    /** Breaks the line here. */
    gap() {
        if (this.#values.length > 0 && this.#values.at(-1) !== null)
            this.#values.push(null);
    }

    #draw() {
        this.#values.splice(0, this.#values.length - Samples);
        const top = this.most || 1;
        const offset = Samples - this.#values.length;
        let line = '';
        let area = '';
        let start = null;
        this.#values.forEach((value, index) => {
            const x = offset + index;
            if (value !== null) {
                const y = (Height - 1 - value / top * (Height - 3)).toFixed(2);
                line += start === null ? `M${x} ${y}h0.01` : `L${x} ${y}`;
                area += start === null ? `M${x} ${Height}L${x} ${y}` : `L${x} ${y}`;
                start ??= x;
            }
            if (start !== null && (value === null || index === this.#values.length - 1)) {
                area += `L${value === null ? x - 1 : x} ${Height}Z`;
                start = null;
            }
        });
        this.#line.setAttribute('d', line);
        this.#area.setAttribute('d', area);
    }
}
