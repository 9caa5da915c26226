// Uses the official JavaScript client against a server: node client.mjs BASE_URL. Prints one JSON object of what came back.
import OpenAI from 'openai';

const client = new OpenAI({ baseURL: process.argv[2], apiKey: 'unused-key', maxRetries: 0 });
const model = 'kvasir-mini';
const messages = [{ role: 'user', content: 'Who is Freya?' }];

const whole = await client.chat.completions.create({ model, messages, temperature: 0, max_completion_tokens: 12 });

let streamed = '';
let usage = null;
const stream = await client.chat.completions.create({
  model, messages, temperature: 0, max_completion_tokens: 12, stream: true, stream_options: { include_usage: true },
});
for await (const chunk of stream) {
  streamed += chunk.choices[0]?.delta?.content ?? '';
  usage = chunk.usage ?? usage;
}

const calls = [];
const runner = client.chat.completions.runTools({
  model,
  messages: [{ role: 'user', content: 'How is the weather in Oslo?' }],
  temperature: 0,
  max_completion_tokens: 120,
  tool_choice: { type: 'function', function: { name: 'get_weather' } },
  tools: [{
    type: 'function',
    function: {
      name: 'get_weather',
      description: 'The weather of a city.',
      parameters: { type: 'object', properties: { unit: { enum: ['C', 'F'] } }, required: ['unit'], additionalProperties: false },
      parse: JSON.parse,
      function: (args) => { calls.push(args); return 'rain'; },
    },
  }],
}, { maxChatCompletions: 2 });
await runner.done();

const response = await client.responses.create({ model, input: 'Who is Freya?', temperature: 0, max_output_tokens: 12 });
let responseText = '';
for await (const event of await client.responses.create({ model, input: 'Who is Freya?', temperature: 0, max_output_tokens: 12, stream: true })) {
  if (event.type === 'response.output_text.delta') {
    responseText += event.delta;
  }
}

const completion = await client.completions.create({ model, prompt: 'The raven', temperature: 0, max_tokens: 4 });
const models = await client.models.list();

let error = null;
try {
  await client.chat.completions.create({ model, messages, temperature: 'hot' });
} catch (problem) {
  error = { status: problem.status, param: problem.param, type: problem.constructor.name };
}

console.log(JSON.stringify({
  whole: whole.choices[0].message.content, streamed, usage, calls,
  response: response.output_text, responseText, completion: completion.choices[0].text, models: models.data.map((m) => m.id), error,
}));
