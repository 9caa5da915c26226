// What is sent with each question. Kept for this tab (a reload keeps it, closing the tab does not).
import { find, setText } from './dom.js';

const Name = 'kvasir.settings';
const Fields = ['system', 'documents', 'temperature', 'max-tokens', 'scope', 'reuse'];

/** A line of dashes stands between documents. */
const Between = /^\s*-{3,}\s*$/m;

/** The settings below the message box. */
export class Settings {
    constructor() {
        this.#restore();
        for (const field of Fields) {
            find(field).addEventListener('input', () => {
                this.#keep();
                this.#summarize();
            });
        }
        this.#summarize();
    }

    /** The protocol's fields that are set, the scope, and how text is reused behind other text (empty: as the server has it). */
    read() {
        const settings = {};
        if (find('temperature').value !== '')
            settings.temperature = find('temperature').valueAsNumber;
        if (find('max-tokens').value !== '')
            settings.max_tokens = find('max-tokens').valueAsNumber;
        return { settings, scope: find('scope').value, reuse: find('reuse').value };
    }

    /** The system prompt and the documents as a message, or none. Each document is a part that may be reused wherever it recurs. */
    systemMessages() {
        const system = find('system').value;
        const documents = this.#documents();
        if (documents.length === 0)
            return system.trim() === '' ? [] : [{ role: 'system', content: system }];
        const parts = documents.flatMap(text => [{ type: 'text', text, kvasir: { cache: true } }, { type: 'text', text: '\n\n' }]).slice(0, -1);
        return [{ role: 'system', content: system.trim() === '' ? parts : [{ type: 'text', text: `${system}\n\n` }, ...parts] }];
    }

    #documents() {
        return find('documents').value.split(Between).map(text => text.trim()).filter(text => text !== '');
    }

    /** Whether all values are ones that can be sent; shows the first that is not. */
    validate() {
        for (const field of Fields) {
            if (!find(field).checkValidity()) {
                find('settings').open = true;
                find(field).reportValidity();
                return false;
            }
        }
        return true;
    }

    #summarize() {
        const parts = [];
        const system = find('system').value.trim();
        if (system !== '')
            parts.push('system prompt');
        const documents = this.#documents().length;
        if (documents > 0)
            parts.push(`${documents} ${documents === 1 ? 'document' : 'documents'}`);
        if (find('temperature').value !== '')
            parts.push(`temperature ${find('temperature').value}`);
        if (find('max-tokens').value !== '')
            parts.push(`at most ${find('max-tokens').value} tokens`);
        if (find('reuse').value !== '')
            parts.push(`reuse ${find('reuse').value}`);
        parts.push(find('scope').value === 'public' ? 'shared with everyone' : 'shared with this tenant');
        setText(find('settings-summary'), parts.join(' · '));
    }

    #keep() {
        try {
            sessionStorage.setItem(Name, JSON.stringify(Object.fromEntries(Fields.map(field => [field, find(field).value]))));
        } catch {
            // Without storage the settings hold until the page is left.
        }
    }

    #restore() {
        try {
            const kept = JSON.parse(sessionStorage.getItem(Name) ?? '{}');
            for (const field of Fields) {
                if (typeof kept[field] === 'string')
                    find(field).value = kept[field];
            }
        } catch {
            // What cannot be read is not restored.
        }
    }
}
