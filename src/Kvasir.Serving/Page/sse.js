// Server-sent events, read from the body of a fetch (the browser's EventSource can neither POST nor send a key).

/** Splits a stream of characters into events; chunks may end anywhere, also between CR and LF. */
export class EventParser {
    #rest = '';
    #data = null;
    #skipLineFeed = false;

    /** The data of the events that this chunk completes. */
    push(chunk) {
        const events = [];
        if (this.#skipLineFeed && chunk.length > 0) {
            this.#skipLineFeed = false;
            if (chunk[0] === '\n')
                chunk = chunk.slice(1);
        }
        this.#rest += chunk;
        const ends = /\r\n|\n|\r/g;
        let start = 0;
        for (let end; (end = ends.exec(this.#rest)) !== null;) {
            this.#line(this.#rest.slice(start, end.index), events);
            start = ends.lastIndex;
        }
        this.#skipLineFeed = start > 0 && start === this.#rest.length && this.#rest[start - 1] === '\r';
        this.#rest = this.#rest.slice(start);
        return events;
    }

    #line(line, events) {
        if (line === '') {
            if (this.#data !== null)
                events.push(this.#data);
            this.#data = null;
            return;
        }
        const colon = line.indexOf(':');
        if ((colon < 0 ? line : line.slice(0, colon)) !== 'data')
            return;
        const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
        this.#data = this.#data === null ? value : `${this.#data}\n${value}`;
    }
}

/** The data of each event of a stream of bytes, until it ends. */
export async function* readEvents(stream) {
    const parser = new EventParser();
    const decoder = new TextDecoder();
    const reader = stream.getReader();
    try {
        for (; ;) {
            const { done, value } = await reader.read();
            if (done)
                return;
            yield* parser.push(decoder.decode(value, { stream: true }));
        }
    } finally {
        reader.cancel().catch(() => { });
    }
}
