// Where the keys and values of a prompt's tokens can come from, and how the page names them.

const Known = {
    shared: 'in the cache already, from an earlier request',
    computed: 'computed for this answer',
    loaded: 'loaded from a slower tier',
    blended: 'computed behind other text, and moved here',
    repaired: 'blended, then computed again in its new place',
};

/** The CSS class of an origin: its own, or `other` for one that this page does not know. */
export const originClass = origin => Object.hasOwn(Known, origin) ? origin : 'other';

/** What an origin means. */
export const originMeaning = origin => Object.hasOwn(Known, origin) ? Known[origin] : 'reused in a way that this page does not know';

/** The origins of a report in the order of the legend; computed and shared are always explained, repaired where there is any. */
export function originsOf(spans, withRepaired = false) {
    const present = new Set(['shared', 'computed', ...spans.map(span => span.origin), ...(withRepaired ? ['repaired'] : [])]);
    return [...Object.keys(Known).filter(origin => present.has(origin)), ...[...present].filter(origin => !Object.hasOwn(Known, origin))];
}
