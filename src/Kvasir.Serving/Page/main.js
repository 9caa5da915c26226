// Puts the page together.
import { Chat } from './chat.js';
import { find } from './dom.js';
import { KeyDialog } from './key.js';
import { Live } from './live.js';
import { Models } from './models.js';
import { Settings } from './settings.js';
import { sentence } from './advice.js';

const models = new Models();
const settings = new Settings();
const keys = new KeyDialog(() => live.refresh());
const live = new Live(status => models.update(status), message => keys.open(sentence(message)));
new Chat(settings, models, why => keys.open(why));

for (const view of ['chat', 'live']) {
    find(`view-${view}`).addEventListener('click', () => {
        document.body.dataset.view = view;
        for (const other of ['chat', 'live'])
            find(`view-${other}`).setAttribute('aria-pressed', String(other === view));
    });
}

find('message').focus();
