// Building blocks of the page. Text is only ever set as text: nothing here reads HTML.

/** An element with attributes (`class`, `aria-…`, `data-…`, `on…` for listeners, `hidden`) and children; strings become text nodes. */
export function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
        if (value === null || value === undefined || value === false)
            continue;
        if (key.startsWith('on'))
            made.addEventListener(key.slice(2), value);
        else
            made.setAttribute(key, value === true ? '' : String(value));
    }
    made.append(...children.filter(child => child !== null && child !== undefined));
    return made;
}

const Svg = 'http://www.w3.org/2000/svg';

/** An SVG element with attributes and children. */
export function drawing(name, attributes = {}, ...children) {
    const made = document.createElementNS(Svg, name);
    for (const [key, value] of Object.entries(attributes))
        made.setAttribute(key, String(value));
    made.append(...children);
    return made;
}

/** The element of the page with an id. */
export const find = id => document.getElementById(id);

/** Sets text, touching the page only when it changes (a selection survives). */
export function setText(node, text) {
    if (node.textContent !== text)
        node.textContent = text;
}
