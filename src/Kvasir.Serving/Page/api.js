// The server, as the page uses it.
import { readEvents } from './sse.js';

const KeyName = 'kvasir.key';

/** What went wrong, as the server or the network said it. */
export class ApiError extends Error {
    constructor(message, { status = 0, code = null, param = null, retryAfter = null } = {}) {
        super(message);
        this.status = status;
        this.code = code;
        this.param = param;
        this.retryAfter = retryAfter;
    }
}

/** The key of this tab, or null. */
export function storedKey() {
    try {
        return sessionStorage.getItem(KeyName);
    } catch {
        return null;
    }
}

/** Keeps a key for this tab; null forgets it. */
export function storeKey(key) {
    try {
        if (key)
            sessionStorage.setItem(KeyName, key);
        else
            sessionStorage.removeItem(KeyName);
    } catch {
        // A browser without storage cannot keep it; the next request says so with a 401.
    }
}

async function request(path, options) {
    const headers = new Headers(options.headers);
    const key = storedKey();
    if (key)
        headers.set('Authorization', `Bearer ${key}`);
    let response;
    try {
        response = await fetch(path, { ...options, headers, cache: 'no-store', credentials: 'omit', redirect: 'error' });
    } catch (error) {
        if (options.signal?.aborted && error.name === 'AbortError')
            throw error;
        throw new ApiError('the server does not answer', { code: 'unreachable' });
    }
    if (!response.ok)
        throw await refusal(response);
    return response;
}

async function refusal(response) {
    const details = { status: response.status, retryAfter: Number(response.headers.get('Retry-After')) || null };
    try {
        const { error } = await response.json();
        return new ApiError(String(error.message), { ...details, code: error.code ?? null, param: error.param ?? null });
    } catch {
        return new ApiError(`the server answered ${response.status} ${response.statusText}`.trim(), details);
    }
}

async function getJson(path, signal) {
    const response = await request(path, { signal });
    try {
        return await response.json();
    } catch {
        throw new ApiError('the answer is not JSON', { code: 'unreachable' });
    }
}

/** The models that can be asked. */
export const listModels = async () => (await getJson('v1/models')).data;

/** What the server is doing now. */
export const readStatus = signal => getJson('kvasir/status', signal);

/** Asks a model. Yields `{text}`, `{reasoning}`, `{finish}` and at the end `{report}`; throws ApiError when refused, failed or broken off. */
export async function* ask(body, signal) {
    const response = await request('v1/chat/completions', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ ...body, stream: true, stream_options: { include_usage: true } }),
        signal,
    });
    const events = readEvents(response.body);
    for (; ;) {
        const event = await next(events, signal);
        if (event.done)
            throw new ApiError('the connection ended before the answer did', { code: 'broken_stream' });
        if (event.value === '[DONE]') {
            // The rest is read, not cut off: to the server a connection that the page closes is a request that was cancelled.
            events.next().catch(() => { });
            return;
        }
        yield* parts(parse(event.value));
    }
}

async function next(events, signal) {
    try {
        return await events.next();
    } catch (error) {
        if (signal.aborted)
            throw error;
        throw new ApiError('the connection broke before the answer was complete', { code: 'broken_stream' });
    }
}

function parse(data) {
    try {
        return JSON.parse(data);
    } catch {
        throw new ApiError('the server sent an event that is not JSON', { code: 'broken_stream' });
    }
}

function* parts(chunk) {
    if (chunk.error)
        throw new ApiError(String(chunk.error.message), { status: 500, code: chunk.error.code ?? null, param: chunk.error.param ?? null });
    const choice = chunk.choices?.[0];
    if (choice?.delta?.reasoning_content)
        yield { reasoning: choice.delta.reasoning_content };
    if (choice?.delta?.content)
        yield { text: choice.delta.content };
    if (choice?.finish_reason)
        yield { finish: choice.finish_reason };
    if (chunk.kvasir)
        yield { report: chunk.kvasir };
}
