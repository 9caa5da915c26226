// The conversation: sends, streams, stops, edits; keeps what was written when something goes wrong.
import { advice, sentence } from './advice.js';
import { ask } from './api.js';
import { element, find, setText } from './dom.js';
import { Turn } from './turn.js';

/** The chat's part of the page. */
export class Chat {
    #turns = [];
    #editing = null;
    #draft = '';
    #running = null;
    #settings;
    #models;
    #askForKey;
    #follow = true;
    #top = 0;
    #box = find('message');
    #transcript = find('transcript');

    constructor(settings, models, askForKey) {
        this.#settings = settings;
        this.#models = models;
        this.#askForKey = askForKey;
        find('composer').addEventListener('submit', event => {
            event.preventDefault();
            this.send();
        });
        this.#box.addEventListener('keydown', event => this.#key(event));
        this.#box.addEventListener('input', () => this.#refresh());
        document.addEventListener('keydown', event => {
            if (event.key === 'Escape' && !document.querySelector('dialog[open]'))
                this.#escape();
        });
        find('stop').addEventListener('click', () => this.stop());
        find('clear').addEventListener('click', () => this.clear());
        find('editing-cancel').addEventListener('click', () => this.#cancelEdit());
        this.#transcript.addEventListener('scroll', () => this.#scrolled());
        new ResizeObserver(() => this.#grown()).observe(this.#transcript);
        models.changed = () => this.#refresh();
        this.#refresh();
    }

    /** Sends what is in the box. */
    send() {
        const text = this.#box.value;
        if (text.trim() === '' || this.#running || !this.#models.selected || !this.#settings.validate())
            return;
        const replaced = this.#editing ? this.#turns.splice(this.#turns.indexOf(this.#editing)) : [];
        for (const turn of replaced)
            turn.view.remove();
        const edited = this.#editing;
        this.#editing = null;
        this.#box.value = this.#draft;
        this.#draft = '';
        this.#run(text, replaced, edited);
    }

    /** Stops the answer that is coming; what has come stays. */
    stop() {
        this.#running?.abort();
    }

    /** Forgets the conversation; the box keeps its text. */
    clear() {
        this.stop();
        this.#cancelEdit();
        this.#turns = [];
        find('turns').replaceChildren();
        this.#hideTrouble();
        this.#refresh();
        this.#box.focus();
    }

    async #run(question, replaced, edited) {
        const running = new AbortController();
        const { settings, scope, reuse } = this.#settings.read();
        const model = this.#models.selected;
        const turn = new Turn(question, model, scope, { edit: turn => this.#edit(turn), again: turn => this.#again(turn) }, () => this.#grown());
        const messages = [...this.#settings.systemMessages(), ...this.#turns.flatMap(turn => turn.messages()), ...turn.messages()];
        this.#running = running;
        this.#turns.push(turn);
        find('turns').append(turn.view);
        this.#follow = true;
        this.#hideTrouble();
        this.#refresh();
        this.#grown();
        let finish = null;
        let report = null;
        try {
            for await (const part of ask({ model, messages, ...settings, kvasir: { report: true, prompt_text: true, scope, ...(reuse === '' ? {} : { reuse }) } }, running.signal)) {
                if (part.text || part.reasoning)
                    turn.append(part);
                finish = part.finish ?? finish;
                report = part.report ?? report;
            }
            turn.finish(finish, report);
        } catch (error) {
            if (running.signal.aborted)
                turn.breakOff('stopped');
            else
                this.#failed(error, turn, replaced, edited);
        } finally {
            this.#running = null;
            this.#refresh();
        }
    }

    /** Nothing is lost: the question returns to the box, and what had come of the answer stays. */
    #failed(error, turn, replaced, edited) {
        if (!this.#turns.includes(turn))
            return;
        const draft = this.#box.value;
        if (turn.hasBegun) {
            turn.breakOff('broken');
            this.#startEdit(turn, turn.question, draft);
        } else {
            this.#turns.pop();
            turn.view.remove();
            this.#turns.push(...replaced);
            find('turns').append(...replaced.map(turn => turn.view));
            if (edited)
                this.#startEdit(edited, turn.question, draft);
            else
                this.#box.value = draft.trim() === '' ? turn.question : `${turn.question}\n\n${draft}`;
        }
        this.#showTrouble(error);
        if (error.status === 401)
            this.#askForKey(sentence(error.message));
        else
            this.#box.focus();
    }

    #again(turn) {
        if (this.#running)
            return;
        this.#startEdit(turn, turn.question, this.#editing ? this.#draft : this.#box.value);
        this.send();
    }

    #edit(turn) {
        if (this.#running)
            return;
        this.#startEdit(turn, turn.question, this.#editing ? this.#draft : this.#box.value);
        this.#box.focus();
        this.#box.setSelectionRange(this.#box.value.length, this.#box.value.length);
    }

    #startEdit(turn, text, draft) {
        this.#editing = turn;
        this.#draft = draft;
        this.#box.value = text;
        this.#refresh();
    }

    #cancelEdit() {
        if (!this.#editing)
            return;
        this.#editing = null;
        this.#box.value = this.#draft;
        this.#draft = '';
        this.#refresh();
        this.#box.focus();
    }

    #key(event) {
        if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
            event.preventDefault();
            this.send();
        }
    }

    #escape() {
        if (this.#running)
            this.stop();
        else
            this.#cancelEdit();
    }

    #refresh() {
        const running = this.#running !== null;
        const stopHadFocus = document.activeElement === find('stop');
        find('stop').hidden = !running;
        find('send').hidden = running;
        find('send').disabled = this.#box.value.trim() === '' || !this.#models.selected;
        find('clear').disabled = this.#turns.length === 0;
        find('welcome').hidden = this.#turns.length > 0;
        find('editing').hidden = this.#editing === null;
        if (this.#editing) {
            const later = this.#turns.length - this.#turns.indexOf(this.#editing) - 1;
            setText(find('editing-text'), `Sending replaces this question and its answer${later === 0 ? '' : `, and the ${later === 1 ? 'one' : later} after it`}.`);
        }
        for (const turn of this.#turns)
            turn.view.classList.toggle('edited', turn === this.#editing);
        this.#box.style.height = 'auto';
        this.#box.style.height = `${Math.min(this.#box.scrollHeight + 2, innerHeight * 0.35)}px`;
        if (stopHadFocus && !running)
            this.#box.focus();
    }

    /** Who scrolls up wants to read there; who comes back to the end wants to follow again. */
    #scrolled() {
        const { scrollTop, scrollHeight, clientHeight } = this.#transcript;
        if (scrollHeight - scrollTop - clientHeight < 48)
            this.#follow = true;
        else if (scrollTop < this.#top)
            this.#follow = false;
        this.#top = scrollTop;
    }

    #grown() {
        if (this.#follow)
            this.#transcript.scrollTop = this.#transcript.scrollHeight;
    }

    #showTrouble(error) {
        find('trouble').replaceChildren(element('strong', {}, sentence(error.message)), ' ', element('span', {}, advice(error)));
        find('trouble').hidden = false;
    }

    #hideTrouble() {
        find('trouble').hidden = true;
        find('trouble').replaceChildren();
    }
}
