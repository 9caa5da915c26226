using System.Text;
using Kvasir.Engine.Loading;
using Kvasir.Engine.Requests;
using Kvasir.KvCache.Compression.Profiles;
using Kvasir.Models;

namespace Kvasir.Engine.Compression.Profiling;

/// <summary>Measures a model's heads, once: who copies and finds, who reads meaning, and which layers suffer from compression.</summary>
public static class HeadProfiler
{
    private const int StepRows = 128;

    /// <summary>Tokens of a sentence of a needle prompt, about.</summary>
    private const int SentenceTokens = 12;

    /// <summary>Measures a model.</summary>
    /// <param name="modelPath">The model.</param>
    /// <param name="options">How.</param>
    /// <param name="engineOptions">Threads and the like.</param>
    /// <param name="progress">Hears what has been done, of how much.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <exception cref="InvalidOperationException">The model has no tokenizer.</exception>
    public static HeadProfile Measure(
        string modelPath, HeadProfileOptions options, EngineOptions engineOptions, IProgress<(int Done, int Of)>? progress = null, CancellationToken cancellation = default)
    {
        using var model = LoadedModel.Open(modelPath, engineOptions);
        var tokenizer = model.File.Tokenizer ?? throw new InvalidOperationException($"{modelPath} has no tokenizer, so it cannot read needle prompts");
        var trials = options.Lengths * options.Depths;
        var total = 1 + trials + (trials / 4);
        using var run = new ProfileRun(model, Math.Min(model.MaxContext, Math.Max(options.LongestPrompt, (options.BlockTokens * options.Repeats) + 1) + options.AnswerTokens), StepRows);
        var echo = MeasureEcho(model, tokenizer, run, options, cancellation);
        progress?.Report((1, total));
        var needles = MeasureNeedles(model, tokenizer, run, options, done => progress?.Report((1 + done, total)), cancellation);
        var profile = new HeadProfile
        {
            Fingerprint = model.File.Fingerprint.ToString(),
            KvHeads = model.Config.KvHeads,
            Echo = echo.Echo,
            Induction = echo.Induction,
            Semantic = needles.Semantic,
            Retrieval = needles.Retrieval,
            Found = needles.Found,
            Asked = trials,
            LayerErrors = [],
        };
        var errors = MeasureErrors(model, tokenizer, run, options, profile, done => progress?.Report((1 + trials + done, total)), cancellation);
        return profile with { LayerErrors = errors };
    }

    private static EchoProbe MeasureEcho(LoadedModel model, Tokenizer tokenizer, ProfileRun run, HeadProfileOptions options, CancellationToken cancellation)
    {
        var random = new Random(options.Seed);
        var usable = Enumerable.Range(0, model.Config.VocabSize).Where(token => token < tokenizer.VocabSize && !tokenizer.IsSpecial(token)).ToArray();
        var block = Math.Min(options.BlockTokens, (model.MaxContext - 2) / options.Repeats);
        int[] tokens = [.. Enumerable.Range(0, block).Select(_ => usable[random.Next(usable.Length)])];
        int[] prompt = [tokenizer.BosId ?? usable[0], .. Enumerable.Repeat(tokens, options.Repeats).SelectMany(copy => copy)];
        var probe = new EchoProbe(model.Config.Layers, model.Config.QueryHeads, block);
        run.Run(new GenerationRequest { Prompt = prompt, MaxTokens = 1, UsePrefixCache = false, LayerPolicy = () => probe }, null, cancellation);
        probe.Finish();
        return probe;
    }

    private static (double[][] Semantic, double[][] Retrieval, int Found) MeasureNeedles(
        LoadedModel model, Tokenizer tokenizer, ProfileRun run, HeadProfileOptions options, Action<int> done, CancellationToken cancellation)
    {
        var (layers, heads) = (model.Config.Layers, model.Config.QueryHeads);
        double[][] semantic = [.. Enumerable.Range(0, layers).Select(_ => new double[heads])];
        double[][] retrieval = [.. Enumerable.Range(0, layers).Select(_ => new double[heads])];
        var found = 0;
        for (var trial = 0; trial < options.Lengths * options.Depths; trial++)
        {
            var (needle, prompt) = Prompt(model, tokenizer, options, trial);
            var (start, end) = Span(tokenizer, prompt, needle.Fact);
            var probe = new NeedleProbe(layers, heads, prompt, start, end);
            var answer = run.Run(
                new GenerationRequest { Prompt = prompt, MaxTokens = options.AnswerTokens, UsePrefixCache = false, LayerPolicy = () => probe },
                logits => probe.Produced(Largest(logits.Span)),
                cancellation);
            done(trial + 1);
            if (!Text(tokenizer, answer).Contains(needle.Value, StringComparison.Ordinal))
                continue;
            found++;
            for (var layer = 0; layer < layers; layer++)
            {
                for (var head = 0; head < heads; head++)
                {
                    semantic[layer][head] += probe.Semantic[layer][head];
                    retrieval[layer][head] += probe.Retrieval[layer][head];
                }
            }
        }

        foreach (var scores in semantic.Concat(retrieval))
        {
            for (var head = 0; head < heads; head++)
                scores[head] /= Math.Max(1, found);
        }

        return (semantic, retrieval, found);
    }

    private static double[] MeasureErrors(
        LoadedModel model, Tokenizer tokenizer, ProfileRun run, HeadProfileOptions options, HeadProfile profile, Action<int> done, CancellationToken cancellation)
    {
        using var probe = new LayerErrorProbe(model, profile.Voters(), options.ErrorBudget);
        var trials = Math.Max(1, options.Lengths * options.Depths / 4);
        for (var trial = 0; trial < trials; trial++)
        {
            // Other needles than those that the voters were chosen by.
            var (_, prompt) = Prompt(model, tokenizer, options with { Seed = options.Seed + 7919 }, trial * 4);
            run.Run(
                new GenerationRequest
                {
                    Prompt = prompt,
                    MaxTokens = Math.Max(2, options.AnswerTokens / 2),
                    IgnoreStopTokens = true,
                    UsePrefixCache = false,
                    Compression = new KvCompression { Policy = probe, Rows = prompt.Length },
                },
                null,
                cancellation);
            done(trial + 1);
        }

        var sum = probe.Errors.Sum();
        return [.. probe.Errors.Select(error => sum > 0 ? error / sum : 1.0 / probe.Errors.Length)];
    }

    private static (NeedlePrompts.Prompt Needle, int[] Tokens) Prompt(LoadedModel model, Tokenizer tokenizer, HeadProfileOptions options, int trial)
    {
        var length = trial / options.Depths;
        var most = Math.Min(options.LongestPrompt, model.MaxContext - options.AnswerTokens - 64);
        var tokens = options.ShortestPrompt + ((most - options.ShortestPrompt) * length / Math.Max(1, options.Lengths - 1));
        var depth = (trial % options.Depths) / (double)Math.Max(1, options.Depths - 1);
        for (var sentences = Math.Max(4, tokens / SentenceTokens); ; sentences = sentences * 9 / 10)
        {
            var needle = NeedlePrompts.Make(new Random((options.Seed * 1000) + trial), sentences, depth);
            var message = $"{needle.Text}\n\n{needle.Question}";
            var prompt = model.File.ChatTemplate is { } template
                ? ChatPrompt.Tokenize(tokenizer, template, [new ChatMessage("user", message)], addGenerationPrompt: true)
                : [.. tokenizer.BosId is { } bos ? [bos] : Array.Empty<int>(), .. tokenizer.Encode(message + "\n")];
            if (prompt.Length <= most || sentences <= 4)
                return (needle, prompt);
        }
    }

    /// <summary>Tokens that a fact stands in, by the bytes of the tokens.</summary>
    private static (int Start, int End) Span(Tokenizer tokenizer, int[] prompt, string fact)
    {
        var bytes = new List<byte>();
        var ends = new int[prompt.Length];
        for (var i = 0; i < prompt.Length; i++)
        {
            bytes.AddRange(tokenizer.TokenBytes(prompt[i]).ToArray());
            ends[i] = bytes.Count;
        }

        var wanted = Encoding.UTF8.GetBytes(fact);
        var at = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes).IndexOf(wanted);
        if (at < 0)
            throw new InvalidOperationException("a needle is not to be found among the tokens of its prompt");
        return (Array.FindIndex(ends, end => end > at), Array.FindIndex(ends, end => end >= at + wanted.Length) + 1);
    }

    private static string Text(Tokenizer tokenizer, int[] tokens)
    {
        var bytes = new List<byte>();
        foreach (var token in tokens)
            bytes.AddRange(tokenizer.TokenBytes(token).ToArray());
        return Encoding.UTF8.GetString([.. bytes]);
    }

    private static int Largest(ReadOnlySpan<float> logits)
    {
        var best = 0;
        for (var i = 1; i < logits.Length; i++)
            best = logits[i] > logits[best] ? i : best;
        return best;
    }
}
