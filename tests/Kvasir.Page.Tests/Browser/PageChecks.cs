namespace Kvasir.Page.Tests.Browser;

/// <summary>What must hold of the page as it is drawn, in any state: told by the browser's own boxes and colours.</summary>
internal static class PageChecks
{
    /// <summary>Nothing reaches over the right edge, and nothing scrolls sideways.</summary>
    public static Task<string[]> SidewaysAsync(PageSession session) => session.Page.EvaluateAsync<string[]>("""
        () => {
            const all = [...document.querySelectorAll('body *')].filter(one => one.checkVisibility() && !one.closest('.unseen'));
            const name = one => `${one.tagName.toLowerCase()}#${one.id}.${one.getAttribute('class')}`;
            return [
                ...(document.documentElement.scrollWidth > innerWidth ? [`the page is ${document.documentElement.scrollWidth} wide`] : []),
                ...all.filter(one => ['auto', 'scroll'].includes(getComputedStyle(one).overflowY) && one.scrollWidth > one.clientWidth).map(one => `${name(one)} scrolls sideways`),
                ...all.filter(one => one.getBoundingClientRect().right > innerWidth + 0.5 && one.getBoundingClientRect().width > 0).map(one => `${name(one)} reaches over the edge`),
                ...all.filter(one => one.matches('button, .tag') && one.scrollWidth > one.clientWidth + 1).map(one => `${name(one)} is too small for ${one.textContent}`),
            ];
        }
        """);

    /// <summary>No two parts that a person reads or uses lie on each other.</summary>
    public static Task<string[]> OverlapsAsync(PageSession session) => session.Page.EvaluateAsync<string[]>("""
        () => {
            const root = document.querySelector('dialog[open]') ?? document.body;
            const hasText = one => [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim() !== '');
            const parts = [...root.querySelectorAll('*')].filter(one => one.checkVisibility({ visibilityProperty: true })
                && !one.closest('.unseen, .skip, option') && (hasText(one) || one.matches('button, input, select, textarea, summary, img, svg, .bar-of-spans, .pool, .track')));
            const clip = (rect, one) => {
                let { left, top, right, bottom } = rect;
                for (let above = one.parentElement; above && above !== document.documentElement; above = above.parentElement) {
                    if (getComputedStyle(above).overflowY === 'visible')
                        continue;
                    const box = above.getBoundingClientRect();
                    [left, top, right, bottom] = [Math.max(left, box.left), Math.max(top, box.top), Math.min(right, box.right), Math.min(bottom, box.bottom)];
                }
                return { left, top, right, bottom, one };
            };
            const boxes = parts.flatMap(one => [...one.getClientRects()].map(rect => clip(rect, one))).filter(box => box.right - box.left > 1 && box.bottom - box.top > 1);
            const name = one => `${one.tagName.toLowerCase()}.${one.getAttribute('class')} "${one.textContent.trim().slice(0, 30)}"`;
            const problems = [];
            for (let i = 0; i < boxes.length; i++) {
                for (let j = i + 1; j < boxes.length; j++) {
                    const [a, b] = [boxes[i], boxes[j]];
                    const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
                    const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
                    if (width > 1 && height > 1 && !a.one.contains(b.one) && !b.one.contains(a.one))
                        problems.push(`${name(a.one)} and ${name(b.one)} share ${width.toFixed(0)} × ${height.toFixed(0)}`);
                }
            }
            return problems;
        }
        """);

    /// <summary>All text has a contrast of at least 4.5 to 1 to what is behind it (WCAG 2.2, 1.4.3).</summary>
    public static Task<string[]> FaintTextAsync(PageSession session) => session.Page.EvaluateAsync<string[]>("""
        () => {
            const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
            const parsed = new Map();
            const parse = colour => {
                if (!parsed.has(colour)) {
                    canvas.clearRect(0, 0, 1, 1);
                    canvas.fillStyle = colour;
                    canvas.fillRect(0, 0, 1, 1);
                    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
                    parsed.set(colour, { rgb: [red, green, blue], alpha: alpha / 255 });
                }
                return parsed.get(colour);
            };
            const over = (top, alpha, below) => top.map((value, index) => value * alpha + below[index] * (1 - alpha));
            const behind = one => {
                if (!one)
                    return [255, 255, 255];
                const { rgb, alpha } = parse(getComputedStyle(one).backgroundColor);
                return alpha === 1 ? rgb : over(rgb, alpha, behind(one.parentElement));
            };
            const light = rgb => rgb.map(value => value / 255).map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
                .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
            const problems = [];
            const check = (one, colour, text) => {
                const back = behind(one);
                let shown = parse(colour);
                let opacity = shown.alpha;
                for (let above = one; above; above = above.parentElement)
                    opacity *= Number(getComputedStyle(above).opacity);
                const [high, low] = [light(over(shown.rgb, opacity, back)), light(back)].sort((a, b) => b - a);
                const contrast = (high + 0.05) / (low + 0.05);
                if (contrast < 4.5)
                    problems.push(`${contrast.toFixed(2)}: ${one.tagName.toLowerCase()}.${one.className} "${text.trim().slice(0, 30)}"`);
            };
            const root = document.querySelector('dialog[open]') ?? document.body;
            const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
            for (let node; (node = walker.nextNode()) !== null;) {
                const one = node.parentElement;
                if (node.data.trim() !== '' && one.checkVisibility({ visibilityProperty: true }) && !one.closest('.unseen, script, noscript'))
                    check(one, getComputedStyle(one).color, node.data);
            }
            for (const field of root.querySelectorAll('input, textarea, select')) {
                if (!field.checkVisibility())
                    continue;
                check(field, getComputedStyle(field).color, field.value);
                if (field.placeholder)
                    check(field, getComputedStyle(field, '::placeholder').color, field.placeholder);
            }
            return problems;
        }
        """);

    /// <summary>All three.</summary>
    public static async Task AssertGoodAsync(PageSession session, string state)
    {
        string[] problems = [.. await SidewaysAsync(session), .. await OverlapsAsync(session), .. await FaintTextAsync(session)];
        Assert.True(problems.Length == 0, $"{state}:{Environment.NewLine}{string.Join(Environment.NewLine, problems)}");
    }
}
