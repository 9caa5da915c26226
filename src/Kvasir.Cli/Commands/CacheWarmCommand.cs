using System.CommandLine;
using System.Text.Json.Nodes;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Kvasir.Engine;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Tiers;
using Kvasir.Models;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir cache warm</c>: computes prompts, so that their KV is in the cache.</summary>
internal sealed class CacheWarmCommand : Command, IHelpTopics
{
    private static readonly TimeSpan LongestStore = TimeSpan.FromMinutes(10);

    private readonly Argument<string[]> _files = new("FILES") { Description = "Text files; each is the beginning of a prompt.", Arity = ArgumentArity.OneOrMore };

    private readonly Option<bool> _system = new("--system")
    {
        Description = "Each file is the system message of a conversation, in the model's chat format. Default: plain text, as 'run --raw' has it.",
    };

    private readonly JsonOption _json = new("{files: [{file, tokens, reused, cached, ms}]}");
    private readonly EngineOptionSet _engine = new(withCache: true);

    public CacheWarmCommand()
        : base("warm", "Computes prompts once, so that later answers find their keys and values in the cache.")
    {
        Add(_files);
        Add(_system);
        Add(_json);
        _engine.AddTo(this);
        SetAction(RunAsync);
    }

    public string? Details => """
        The options that change bits (--kv-type) must be those of the server that will use the cache. Whole chunks of 256 tokens are kept.
        A file longer than the model's context is cut off there.
        """;

    public IReadOnlyList<string> Examples =>
    [
        "kvasir cache warm manual.txt --cache ~/kv",
        "kvasir cache warm --system prompts/*.txt --model model.gguf --cache /var/cache/kvasir",
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var output = parsed.InvocationConfiguration.Output;
        var json = parsed.GetValue(_json);
        using var engine = _engine.Load(parsed);
        var files = new JsonArray();
        foreach (var file in parsed.GetRequiredValue(_files))
        {
            var text = await File.ReadAllTextAsync(file, cancellation).ConfigureAwait(false);
            var prompt = parsed.GetValue(_system) ? engine.EncodeChat([new ChatMessage("system", text)]) : engine.Encode(text);
            var cut = prompt.Length >= engine.MaxContext;
            if (cut)
                prompt = prompt[..(engine.MaxContext - 1)];
            var statistics = await ComputeAsync(engine, prompt, cancellation).ConfigureAwait(false);
            files.Add((JsonNode)new JsonObject
            {
                ["file"] = file,
                ["tokens"] = prompt.Length,
                ["reused"] = statistics.ReusedTokens,
                ["cached"] = prompt.Length / ChunkTokens * ChunkTokens,
                ["ms"] = JsonOutput.Number(statistics.TimeToFirstToken.TotalMilliseconds),
            });
            if (!json)
                output.WriteLine($"{file}: {Screen.Count(prompt.Length)} tokens{(cut ? " (cut off at the model's context)" : "")}, {Screen.Count(statistics.ReusedTokens)} were there, {statistics.TimeToFirstToken.TotalSeconds:0.0} s");
        }

        if (!await engine.FlushTiersAsync(LongestStore).ConfigureAwait(false))
            throw new IOException("the cache did not take everything within ten minutes; see what the disk is doing, then run the command again");
        if (json)
            JsonOutput.Write(output, new JsonObject { ["files"] = files });
        return ExitCode.Success;
    }

    private static int ChunkTokens => new TierOptions().Moves.ChunkTokens;

    private static async Task<GenerationStatistics> ComputeAsync(KvasirEngine engine, int[] prompt, CancellationToken cancellation)
    {
        using var generation = engine.Submit(new GenerationRequest { Prompt = prompt, MaxTokens = 1, IgnoreStopTokens = true });
        return (await generation.Choices[0].CompleteAsync(cancellation).ConfigureAwait(false)).Statistics;
    }
}
