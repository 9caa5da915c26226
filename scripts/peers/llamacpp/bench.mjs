// llama.cpp, as prebuilt in node-llama-cpp, as a peer of `kvasir bench peers` (see ../README.md for the lines it reads and writes).
// Usage: node bench.mjs --model MODEL.gguf [--context TOKENS] [--flash-attention on|off]
import os from "node:os";
import readline from "node:readline";
import { parseArgs } from "node:util";
import { getLlama, LlamaLogLevel } from "node-llama-cpp";

// Tokens of a step; what the library takes by itself, and what Kvasir takes.
const STEP_TOKENS = 512;

const { values } = parseArgs({
    options: {
        model: { type: "string" },
        context: { type: "string", default: "2048" },
        "flash-attention": { type: "string", default: "on" },
    },
});
if (!values.model)
    throw new Error("no model; give --model MODEL.gguf");

// Ctrl-C reaches the whole group of processes. The benchmark ends this one by closing its standard input.
process.on("SIGINT", () => {});

const write = (line) => process.stdout.write(JSON.stringify(line) + "\n");

const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error, maxThreads: os.availableParallelism() });
const model = await llama.loadModel({ modelPath: values.model, gpuLayers: 0 });

// One context per number of threads and of sequences; a lone sequence gets all of --context, many get what they need.
const contexts = new Map();

async function contextFor(threads, sequences, tokens) {
    const key = `${threads}/${sequences}`;
    let held = contexts.get(key);
    if (held && held.context.contextSize < tokens) {
        await held.context.dispose();
        held = undefined;
    }
    if (!held) {
        const context = await model.createContext({
            contextSize: sequences === 1 ? Math.max(tokens, Number(values.context)) : tokens,
            sequences,
            threads,
            batchSize: STEP_TOKENS,
            flashAttention: values["flash-attention"] === "on",
        });
        held = { context, sequences: Array.from({ length: sequences }, () => context.getSequence()) };
        contexts.set(key, held);
    }
    return held;
}

/** Brings a sequence to what it holds of the prompt already, without the last token; returns the tokens still to evaluate. */
async function rest(sequence, prompt, reuse) {
    const held = reuse ? sequence.compareContextTokens(prompt).firstDifferentIndex : 0;
    const kept = Math.min(held, prompt.length - 1);
    if (kept === 0)
        await sequence.clearHistory();
    else if (sequence.nextTokenIndex > kept)
        await sequence.eraseContextTokenRanges([{ start: kept, end: sequence.nextTokenIndex }]);
    return prompt.slice(kept);
}

/** All prompts together: up to everybody's first token, and from there to everybody's last. */
async function measure({ prompts, answer, threads, reuse }) {
    const needed = Math.max(...prompts.map((prompt) => prompt.length)) + answer + 1;
    const { sequences } = await contextFor(threads, prompts.length, needed);
    const inputs = [];
    for (let i = 0; i < prompts.length; i++)
        inputs.push(await rest(sequences[i], prompts[i], reuse));

    const start = performance.now();
    const streams = sequences.map((sequence, i) => sequence.evaluate(inputs[i], { temperature: 0, yieldEogToken: true }));
    const step = async () => {
        const tokens = await Promise.all(streams.map((stream) => stream.next()));
        if (tokens.some((token) => token.done))
            throw new Error("an answer ended before its length");
    };
    await step();
    const first = performance.now();
    for (let i = 1; i < answer; i++)
        await step();
    const end = performance.now();
    await Promise.all(streams.map((stream) => stream.return()));
    return { firstMs: first - start, restMs: end - first, tokens: (answer - 1) * prompts.length };
}

write({ ready: true, version: `${llama.llamaCppRelease.release} (node-llama-cpp 3.22.1)` });
for await (const line of readline.createInterface({ input: process.stdin })) {
    if (line.trim() === "")
        continue;
    try {
        write(await measure(JSON.parse(line)));
    } catch (error) {
        write({ error: String(error?.message ?? error) });
    }
}
process.exit(0);
