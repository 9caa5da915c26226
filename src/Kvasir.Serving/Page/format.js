// Numbers as people read them.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const hundredths = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });

const Nothing = '–';
const known = value => typeof value === 'number' && Number.isFinite(value);

/** A count, e.g. 12,345. */
export const count = value => known(value) ? whole.format(value) : Nothing;

/** A rate, e.g. 120.5. */
export const rate = value => !known(value) ? Nothing : value >= 100 ? whole.format(value) : tenths.format(value);

/** A part of one as per cent. */
export const percent = value => !known(value) ? Nothing : value > 0 && value < 0.01 ? '< 1 %' : value < 1 && value > 0.99 ? '> 99 %' : `${whole.format(value * 100)} %`;

/** Milliseconds, in the unit that suits. */
export function milliseconds(value) {
    if (!known(value))
        return Nothing;
    if (value >= 60_000)
        return `${whole.format(Math.floor(value / 60_000))} min ${whole.format(value % 60_000 / 1000)} s`;
    if (value >= 10_000)
        return `${tenths.format(value / 1000)} s`;
    if (value >= 1000)
        return `${hundredths.format(value / 1000)} s`;
    if (value >= 100)
        return `${whole.format(value)} ms`;
    return value >= 1 ? `${tenths.format(value)} ms` : value === 0 ? '0 ms' : value < 0.01 ? '< 0.01 ms' : `${hundredths.format(value)} ms`;
}

/** A duration in seconds, coarse. */
export function duration(seconds) {
    if (!known(seconds))
        return Nothing;
    if (seconds < 60)
        return `${whole.format(Math.floor(seconds))} s`;
    if (seconds < 3600)
        return `${whole.format(Math.floor(seconds / 60))} min`;
    if (seconds < 86_400)
        return `${whole.format(Math.floor(seconds / 3600))} h ${whole.format(Math.floor(seconds % 3600 / 60))} min`;
    return `${whole.format(Math.floor(seconds / 86_400))} d ${whole.format(Math.floor(seconds % 86_400 / 3600))} h`;
}

/** Bytes in binary units. */
export function bytes(value) {
    if (!known(value))
        return Nothing;
    const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
    let unit = 0;
    while (value >= 1024 && unit < units.length - 1) {
        value /= 1024;
        unit++;
    }
    return `${value >= 100 || unit === 0 ? whole.format(value) : tenths.format(value)} ${units[unit]}`;
}

/** How many times sooner, e.g. 39×; null when it is not worth saying. */
export function times(without, withReuse) {
    if (!known(without) || !known(withReuse) || withReuse <= 0 || without / withReuse < 1.05)
        return null;
    const factor = without / withReuse;
    return `${factor >= 10 ? whole.format(factor) : tenths.format(factor)}×`;
}
