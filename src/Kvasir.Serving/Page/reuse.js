// What an answer reused: the note beside it, and the prompt coloured by origin.
import { element } from './dom.js';
import { count, milliseconds, percent, rate, times } from './format.js';
import { originClass, originMeaning, originsOf } from './origins.js';

/** A span of the prompt longer than this is shown by its ends until it is opened. */
const LongestSpan = 420;
const ShownStart = 220;
const ShownEnd = 120;

/** The note beside an answer. */
export function reuseNote(report, scope) {
    const spans = report.spans ?? [];
    return element('section', { class: 'reuse', 'aria-label': 'What was reused' },
        element('h3', {}, 'Reused'),
        element('p', { class: 'headline' },
            element('strong', {}, percent(report.prompt_tokens > 0 ? report.reused_tokens / report.prompt_tokens : null)), ` of ${count(report.prompt_tokens)} tokens`),
        bar(report, spans),
        legend(report, spans),
        approximation(report, spans),
        firstToken(report),
        element('dl', { class: 'numbers' },
            ...pair('Tokens/s', rate(report.tokens_per_second)),
            ...pair('Queue', milliseconds(report.queue_ms)),
            ...pair('In all', milliseconds(report.total_ms)),
            ...(report.preemptions > 0 ? pair('Preempted', `${count(report.preemptions)}×`) : []),
            ...pair('Scope', scope === 'public' ? 'public' : 'this tenant')));
}

/** The note of an answer without a report. */
export const noReuseNote = why => element('section', { class: 'reuse', 'aria-label': 'What was reused' },
    element('h3', {}, 'Reused'), element('p', { class: 'hint' }, why));

const pair = (name, value) => [element('dt', {}, name), element('dd', {}, value)];

function bar(report, spans) {
    const parts = spans.map(span => `${span.length} ${span.origin}`).join(', ');
    const drawn = element('div', { class: 'bar-of-spans', role: 'img', 'aria-label': `The prompt from its start: ${parts || 'no tokens'}` });
    for (const span of spans) {
        const segment = element('i', { class: `swatch ${originClass(span.origin)}`, title: spanTitle(span) });
        if (span.repaired > 0) {
            const again = element('i', { class: 'swatch repaired' });
            again.style.width = `${Math.min(1, span.repaired / span.length) * 100}%`;
            segment.append(again);
        }
        segment.style.flexGrow = String(span.length);
        drawn.append(segment);
    }
    return drawn;
}

const repairedOf = spans => spans.reduce((sum, span) => sum + (span.repaired ?? 0), 0);

const spanTitle = span => `${count(span.length)} tokens ${span.origin}${span.repaired > 0 ? `, ${count(span.repaired)} of them repaired` : ''}`;

/** What blended means, where there is any: the one kind of reuse that changes answers. */
function approximation(report, spans) {
    const blended = spans.filter(span => span.origin === 'blended').reduce((sum, span) => sum + span.length, 0);
    if (blended === 0)
        return null;
    const deviation = report.estimated_deviation;
    return element('p', { class: 'hint approximate' },
        `Blended text was computed behind other text and moved here; ${count(repairedOf(spans))} of its ${count(blended)} tokens were computed again (repaired). `
        + `The answer is approximate${typeof deviation === 'number' ? `: the other rows deviate by about ${percent(deviation)}` : ''}.`);
}

function legend(report, spans) {
    const total = origin => origin === 'repaired' ? repairedOf(spans) : spans.filter(span => span.origin === origin).reduce((sum, span) => sum + span.length, 0);
    return element('ul', { class: 'legend' }, ...originsOf(spans, repairedOf(spans) > 0).map(origin => element('li', { title: originMeaning(origin) },
        element('i', { class: `swatch ${originClass(origin)}`, 'aria-hidden': 'true' }),
        element('span', { class: 'name' }, origin), ' ',
        element('span', { class: 'amount' }, count(total(origin))))));
}

/** Time to first token, against what it would have been: two bars of one scale. */
function firstToken(report) {
    const without = report.ttft_without_reuse_ms;
    const isKnown = typeof without === 'number';
    const most = Math.max(report.ttft_ms ?? 0, isKnown ? without : 0);
    const sooner = isKnown ? times(without, report.ttft_ms) : null;
    return element('div', { class: 'first-token' },
        element('h4', {}, 'First token', sooner === null ? null : element('span', { class: 'sooner' }, `${sooner} sooner`)),
        timeRow('this answer', milliseconds(report.ttft_ms), report.ttft_ms / most, 'with'),
        timeRow('without reuse, about', isKnown ? milliseconds(without) : 'not known yet', isKnown ? without / most : 0, 'without'));
}

function timeRow(name, value, part, kind) {
    const fill = element('i', { class: kind });
    fill.style.width = `${Math.max(0, Math.min(1, part || 0)) * 100}%`;
    return element('p', { class: 'time' },
        element('span', { class: 'name' }, name), element('span', { class: 'value' }, value), element('span', { class: 'track', 'aria-hidden': 'true' }, fill));
}

/** The prompt as the model read it, each span in the colours of its origin; null when the report has no text. */
export function promptView(report) {
    const spans = (report.spans ?? []).filter(span => typeof span.text === 'string');
    if (spans.length === 0)
        return null;
    const text = element('div', { class: 'prompt-text', tabindex: '0', role: 'group', 'aria-label': 'Prompt by origin' }, ...spans.map(spanView));
    return element('details', { class: 'prompt' },
        element('summary', {}, 'Prompt by origin ', element('span', { class: 'summary' }, `${count(report.prompt_tokens)} tokens in ${count(spans.length)} ${spans.length === 1 ? 'span' : 'spans'}`)),
        text);
}

/** The end of the word at a position, or the position itself in a long word; never inside a surrogate pair. */
function wordEnd(text, position) {
    const word = /^\S{0,24}(?=\s)/.exec(text.slice(position, position + 25));
    const end = position + (word?.[0].length ?? 0);
    return /[\uDC00-\uDFFF]/.test(text[end]) ? end + 1 : end;
}

function spanView(span) {
    const shown = element('span', { class: 'text' });
    if (span.text.length <= LongestSpan) {
        shown.textContent = span.text;
    } else {
        const from = wordEnd(span.text, ShownStart);
        const to = wordEnd(span.text, span.text.length - ShownEnd);
        const hidden = span.text.slice(from, to);
        const middle = element('button', {
            type: 'button', class: 'more', onclick: () => {
                middle.replaceWith(document.createTextNode(hidden));
                shown.normalize();
                shown.tabIndex = -1;
                shown.focus({ preventScroll: true });
            },
        }, `… ${count(hidden.length)} more characters …`);
        shown.append(span.text.slice(0, from), middle, span.text.slice(to));
    }
    return element('span', { class: `span ${originClass(span.origin)}`, title: `${spanTitle(span)}: ${originMeaning(span.origin)}` },
        element('span', { class: 'tag' }, element('i', { class: `swatch ${originClass(span.origin)}`, 'aria-hidden': 'true' }), `${span.origin} ${count(span.length)}${span.repaired > 0 ? `, repaired ${count(span.repaired)}` : ''}`), shown);
}
