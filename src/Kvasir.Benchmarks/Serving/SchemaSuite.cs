using System.Globalization;
using System.Text.Json;
using Kvasir.Benchmarks.Schemas;

namespace Kvasir.Benchmarks.Serving;

/// <summary>
/// Answers held to random schemas, half of them at a temperature at which the model talks nonsense. What comes is validated by an
/// independent library.
/// </summary>
internal sealed class SchemaSuite(ServerUnderTest server, ServerBenchmarkOptions options, IProgress<string>? progress)
{
    private const int AtOnce = 8;
    private const int MaxTokens = 1200;

    /// <summary>Likelier, so that nonsense comes to an end: what closes texts, objects and arrays.</summary>
    private const string Closing = "\"]}";

    private readonly int[] _outcomes = new int[Enum.GetValues<Outcome>().Length];

    private enum Outcome
    {
        Valid,
        Invalid,

        /// <summary>Longer than the limit of tokens, so no whole document.</summary>
        Cut,

        /// <summary>The server said that it cannot enforce the schema.</summary>
        Refused,

        /// <summary>The validator measures a string of it otherwise than the standard.</summary>
        Unclear,
    }

    public async Task<IReadOnlyList<BenchmarkCheck>> RunAsync(CancellationToken cancellation)
    {
        var bias = await BiasAsync(cancellation).ConfigureAwait(false);
        await Parallel.ForEachAsync(
            Enumerable.Range(0, options.Schemas),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
            async (seed, token) =>
            {
                var outcome = await AskAsync(RandomSchemas.Create(seed).ToJsonString(), seed, bias, token).ConfigureAwait(false);
                if (outcome == Outcome.Invalid)
                    progress?.Report($"not valid: seed {seed}");
                Interlocked.Increment(ref _outcomes[(int)outcome]);
            }).ConfigureAwait(false);
        var judged = Count(Outcome.Valid) + Count(Outcome.Invalid);
        return
        [
            new BenchmarkCheck("schema.validFraction", judged == 0 ? 0 : Count(Outcome.Valid) / (double)judged, "of whole answers", 1),
            new BenchmarkCheck("schema.judged", judged, "answers", options.Schemas),
            new BenchmarkCheck("schema.cut", Count(Outcome.Cut), "answers", null),
            new BenchmarkCheck("schema.refused", Count(Outcome.Refused), "schemas", null),
            new BenchmarkCheck("schema.unclear", Count(Outcome.Unclear), "answers", null),
        ];
    }

    private int Count(Outcome outcome) => _outcomes[(int)outcome];

    private async Task<string> BiasAsync(CancellationToken cancellation)
    {
        var biases = new List<string>();
        foreach (var text in Closing)
        {
            using var response = await server.PostAsync(
                "/tokenize", $$"""{"prompt":{{JsonSerializer.Serialize(text.ToString(), BenchmarkJson.Default.String)}},"add_special_tokens":false}""", cancellation).ConfigureAwait(false);
            using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false));
            biases.Add(string.Create(CultureInfo.InvariantCulture, $"\"{document.RootElement.GetProperty("tokens")[0].GetInt32()}\":80"));
        }

        return $"{{{string.Join(',', biases)}}}";
    }

    private async Task<Outcome> AskAsync(string schema, int seed, string bias, CancellationToken cancellation)
    {
        var style = seed % 2 == 0 ? "\"temperature\":1" : $"\"temperature\":20,\"logit_bias\":{bias}";
        using var response = await server.PostAsync(
            "/v1/chat/completions",
            $$"""{"messages":[{"role":"user","content":"Write something."}],"seed":{{seed}},{{style}},"max_tokens":{{MaxTokens}},"response_format":{"type":"json_schema","json_schema":"""
                + $$"""{"name":"x","schema":{{schema}} } } }""",
            cancellation).ConfigureAwait(false);
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false));
        if (!response.IsSuccessStatusCode)
            return Outcome.Refused;
        var choice = document.RootElement.GetProperty("choices")[0];
        return choice.GetProperty("finish_reason").GetString() == "stop"
            ? Judge(schema, choice.GetProperty("message").GetProperty("content").GetString()!)
            : Outcome.Cut;
    }

    private static Outcome Judge(string schema, string answer)
    {
        try
        {
            if (new SchemaValidator(schema).IsValid(answer))
                return Outcome.Valid;
            return SchemaValidator.CountsOtherwise(answer) ? Outcome.Unclear : Outcome.Invalid;
        }
        catch (JsonException)
        {
            return Outcome.Invalid;
        }
    }
}
