// One question and its answer.
import { element, setText } from './dom.js';
import { count } from './format.js';
import { noReuseNote, promptView, reuseNote } from './reuse.js';

const Notes = {
    stopped: 'Stopped.',
    broken: 'The answer is not complete.',
    length: 'The answer ends at the limit of tokens; raise “Most tokens” in Settings for more.',
    content_filter: 'The answer was ended by a filter.',
};

/** A question, its answer while it comes and when it is there, and what was reused. */
export class Turn {
    #pending = { text: '', reasoning: '' };
    #frame = 0;
    #words = document.createTextNode('');
    #thoughts = document.createTextNode('');
    #parts = {};
    #changed;

    /** `actions`: `edit(turn)`, `again(turn)`; `changed()` is called when the turn has grown. */
    constructor(question, model, scope, actions, changed) {
        this.question = question;
        this.model = model;
        this.scope = scope;
        this.answer = '';
        this.reasoning = '';
        this.state = 'waiting';
        this.#changed = changed;
        this.view = this.#build(actions);
    }

    #build(actions) {
        const parts = this.#parts;
        parts.waiting = element('p', { class: 'waiting' }, 'Waiting for the first token …');
        parts.text = element('div', { class: 'text', hidden: true }, this.#words);
        parts.thinking = element('span', { class: 'summary' });
        parts.reasoning = element('details', { class: 'reasoning', hidden: true },
            element('summary', {}, 'Reasoning ', parts.thinking), element('div', { class: 'thoughts' }, this.#thoughts));
        parts.note = element('p', { class: 'note', hidden: true });
        parts.copy = element('button', { type: 'button', class: 'plain', onclick: () => this.#copy() }, 'Copy');
        parts.again = element('button', { type: 'button', class: 'plain', onclick: () => actions.again(this) }, 'Ask again');
        parts.actions = element('div', { class: 'turn-actions', hidden: true }, parts.copy, parts.again);
        parts.aside = element('div', { class: 'beside' });
        parts.prompt = element('div', { class: 'below' });
        parts.article = element('div', { class: 'answer', 'aria-busy': 'true' },
            element('h3', {}, this.model), parts.reasoning, parts.waiting, parts.text, parts.note, parts.actions);
        return element('article', { class: 'turn', 'aria-label': 'Question and answer' },
            element('div', { class: 'question' },
                element('h3', {}, 'You'),
                element('div', { class: 'text' }, this.question),
                element('button', { type: 'button', class: 'plain edit', onclick: () => actions.edit(this) }, 'Edit')),
            parts.article, parts.aside, parts.prompt);
    }

    /** The turn as messages of the protocol. */
    messages() {
        const messages = [{ role: 'user', content: this.question }];
        if (this.answer !== '')
            messages.push({ role: 'assistant', content: this.answer });
        return messages;
    }

    /** Whether anything of the answer has come. */
    get hasBegun() {
        return this.answer !== '' || this.reasoning !== '';
    }

    /** A piece of the answer or of its reasoning; drawn with the next frame. */
    append({ text = '', reasoning = '' }) {
        this.answer += text;
        this.reasoning += reasoning;
        this.#pending.text += text;
        this.#pending.reasoning += reasoning;
        this.#frame ||= requestAnimationFrame(() => this.#draw());
    }

    /** The answer is complete, up to its report. */
    finish(reason, report) {
        this.#end('done', Notes[reason] ?? null);
        if (!report) {
            this.#parts.aside.replaceChildren(noReuseNote('The server sent no report with this answer.'));
        } else {
            this.#parts.aside.replaceChildren(reuseNote(report, this.scope));
            const prompt = promptView(report);
            this.#parts.prompt.replaceChildren(...(prompt ? [prompt] : []));
        }
        this.#changed();
    }

    /** The answer ended before it was complete: `stopped` by the person, or `broken`. */
    breakOff(state) {
        this.#end(state, Notes[state]);
        this.#parts.aside.replaceChildren(noReuseNote('The report comes with the end of an answer; this one was broken off.'));
        this.#changed();
    }

    #end(state, note) {
        this.state = state;
        cancelAnimationFrame(this.#frame);
        this.#draw();
        const { article, waiting, actions, note: shown, text, copy } = this.#parts;
        waiting.hidden = true;
        actions.hidden = false;
        copy.hidden = this.answer === '';
        if (this.answer === '' && note === null)
            note = 'The answer is empty.';
        shown.hidden = note === null;
        setText(shown, note ?? '');
        text.hidden = this.answer === '';
        article.setAttribute('aria-busy', 'false');
    }

    #draw() {
        this.#frame = 0;
        const { waiting, text, reasoning, thinking } = this.#parts;
        if (this.#pending.reasoning !== '') {
            this.#thoughts.appendData(this.#pending.reasoning);
            reasoning.hidden = false;
            setText(thinking, `${count(this.reasoning.length)} characters`);
            setText(waiting, 'Reasoning …');
        }
        if (this.#pending.text !== '') {
            this.#words.appendData(this.#pending.text);
            text.hidden = false;
            waiting.hidden = true;
        }
        this.#pending = { text: '', reasoning: '' };
        this.#changed();
    }

    async #copy() {
        try {
            await navigator.clipboard.writeText(this.answer);
            setText(this.#parts.copy, 'Copied');
        } catch {
            getSelection().selectAllChildren(this.#parts.text);
            setText(this.#parts.copy, 'Selected');
        }
    }
}
