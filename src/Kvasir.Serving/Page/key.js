// The dialog that asks for an API key.
import { storedKey, storeKey } from './api.js';
import { find, setText } from './dom.js';

/** Asks for a key, when somebody wants to give one or the server wants one. */
export class KeyDialog {
    #dialog = find('key-dialog');
    #why = find('key-why').textContent;

    /** `changed()` is called when another key (or none) is to be used. */
    constructor(changed) {
        find('key-open').addEventListener('click', () => this.open());
        find('key-cancel').addEventListener('click', () => this.#dialog.close());
        find('key-forget').addEventListener('click', () => this.#use(null, changed));
        find('key-form').addEventListener('submit', event => {
            event.preventDefault();
            this.#use(find('key').value.trim() || null, changed);
        });
        this.#mark();
    }

    /** Opens the dialog; `why` says what the server answered. */
    open(why = this.#why) {
        setText(find('key-why'), why);
        find('key').value = storedKey() ?? '';
        find('key-forget').hidden = storedKey() === null;
        if (!this.#dialog.open)
            this.#dialog.showModal();
        find('key').focus();
        find('key').select();
    }

    #use(key, changed) {
        storeKey(key);
        this.#mark();
        this.#dialog.close();
        changed();
    }

    #mark() {
        setText(find('key-open'), storedKey() === null ? 'Key' : 'Key set');
    }
}
