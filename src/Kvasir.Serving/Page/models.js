// The picker of models.
import { listModels } from './api.js';
import { element, find, setText } from './dom.js';

const Name = 'kvasir.model';
const Words = {
    ready: 'ready',
    unloaded: 'not loaded; the first question loads it',
    loading: 'loading …',
    failed: 'failed to load; the server’s log says why',
};

/** The models that the server offers, and the one that is chosen. */
export class Models {
    #picker = find('model');
    #models = [];
    #signature = null;
    #wanted = null;

    constructor() {
        /** Called when the choice may have changed. */
        this.changed = () => { };
        try {
            this.#wanted = sessionStorage.getItem(Name);
        } catch {
            // Without storage the first model is the choice.
        }
        this.#picker.addEventListener('change', () => {
            this.#wanted = this.#picker.value;
            try {
                sessionStorage.setItem(Name, this.#wanted);
            } catch {
                // Without storage the choice holds until the page is left.
            }
            this.#show();
        });
    }

    /** The name of the model that answers, or null when there is none. */
    get selected() {
        return this.#picker.disabled ? null : this.#picker.value || null;
    }

    /** Takes up what the live view saw; asks for the list when models, adapters or states have changed. */
    async update(status) {
        const signature = JSON.stringify(status.models.map(model => [model.name, model.state, model.adapters]));
        if (signature === this.#signature)
            return;
        this.#models = await listModels();
        this.#signature = signature;
        this.#list();
    }

    #list() {
        const chosen = this.#models.some(model => model.id === this.#wanted) ? this.#wanted : this.#models[0]?.id;
        this.#picker.replaceChildren(...this.#models.map(model => {
            const state = model.kvasir?.state ?? 'ready';
            return element('option', { value: model.id }, state === 'ready' ? model.id : `${model.id} (${state === 'unloaded' ? 'not loaded' : state})`);
        }));
        this.#picker.disabled = this.#models.length === 0;
        if (chosen)
            this.#picker.value = chosen;
        this.#show();
    }

    #show() {
        const model = this.#models.find(model => model.id === this.#picker.value);
        const state = model?.kvasir?.state ?? (model ? 'ready' : 'failed');
        const place = find('model-state');
        place.dataset.state = state;
        setText(place, model ? Words[state] ?? state : 'the server has no model');
        this.changed();
    }
}
