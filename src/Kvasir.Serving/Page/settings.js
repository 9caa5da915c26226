// What is sent with each question. Kept for this tab (a reload keeps it, closing the tab does not).
import { find, setText } from './dom.js';

const Name = 'kvasir.settings';
const Fields = ['system', 'temperature', 'max-tokens', 'scope'];

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

    /** The protocol's fields that are set, and the scope. */
    read() {
        const settings = {};
        if (find('temperature').value !== '')
            settings.temperature = find('temperature').valueAsNumber;
        if (find('max-tokens').value !== '')
            settings.max_tokens = find('max-tokens').valueAsNumber;
        return { settings, scope: find('scope').value };
    }

    /** The system prompt as a message, or none. */
    systemMessages() {
        const content = find('system').value;
        return content.trim() === '' ? [] : [{ role: 'system', content }];
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
        if (find('temperature').value !== '')
            parts.push(`temperature ${find('temperature').value}`);
        if (find('max-tokens').value !== '')
            parts.push(`at most ${find('max-tokens').value} tokens`);
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
