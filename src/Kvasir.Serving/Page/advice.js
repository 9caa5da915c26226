// What a person can do about an error. The server's message says what was wrong; this adds the next step on this page.

const ByCode = {
    unreachable: 'Check that the server runs (kvasir serve) and that this machine reaches it, then send again.',
    broken_stream: 'What had arrived is above. Send again; what was computed may still be reused.',
    context_length_exceeded: 'Clear the conversation, shorten the system prompt, or ask for fewer tokens in Settings.',
    model_not_found: 'Choose another model at the top.',
    draining: 'The server is stopping. Wait until it is back, then send again.',
    overloaded: 'Many requests wait already.',
    model_unavailable: 'The model was unloaded meanwhile.',
};

const ByStatus = {
    400: 'Change it in Settings or in the message, then send again.',
    401: 'Enter a key with the button Key at the top.',
    403: 'Choose “this tenant” under Settings, Shared with; or ask the operator.',
    404: 'Choose another model at the top.',
    413: 'Shorten the message or clear the conversation.',
    429: 'This key has as many requests under way as it may have.',
    500: 'The server’s log says why. Send again, or tell the operator.',
    503: 'The server cannot take the request now.',
};

const ByField = {
    'kvasir.reuse': 'Choose “as the server has it” under Settings, Reuse of documents.',
};

/** The next step, one or two sentences. */
export function advice(error) {
    const step = ByCode[error.code] ?? ByField[error.param] ?? ByStatus[error.status] ?? 'Send again, or look into the server’s log.';
    if (!error.retryAfter)
        return step;
    return `${step} Send again in ${error.retryAfter} ${error.retryAfter === 1 ? 'second' : 'seconds'}.`;
}

/** The message as a sentence. */
export function sentence(message) {
    const text = message.trim();
    return text === '' ? 'Something went wrong.' : `${text[0].toUpperCase()}${text.slice(1)}${/[.!?…]$/.test(text) ? '' : '.'}`;
}
