// The colour scheme: the system's, or the one chosen here. A classic script in the head, so that the page is never drawn in the wrong one.
(() => {
    'use strict';
    const name = 'kvasir.theme';
    const themes = ['auto', 'light', 'dark'];

    function stored() {
        try {
            const value = localStorage.getItem(name);
            return themes.includes(value) ? value : 'auto';
        } catch {
            return 'auto';
        }
    }

    function apply(theme) {
        if (theme === 'auto')
            delete document.documentElement.dataset.theme;
        else
            document.documentElement.dataset.theme = theme;
        const button = document.getElementById('theme');
        if (button) {
            const next = themes[(themes.indexOf(theme) + 1) % themes.length];
            button.textContent = `Colours: ${theme}`;
            button.title = `Choose ${next}`;
            button.setAttribute('aria-label', `Colours: ${theme}; choose ${next}`);
        }
    }

    let theme = stored();
    apply(theme);
    document.addEventListener('DOMContentLoaded', () => {
        apply(theme);
        document.getElementById('theme').addEventListener('click', () => {
            theme = themes[(themes.indexOf(theme) + 1) % themes.length];
            apply(theme);
            try {
                localStorage.setItem(name, theme);
            } catch {
                // Without storage the choice holds until the page is left.
            }
        });
    });
})();
