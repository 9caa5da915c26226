using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Kvasir.Benchmarks.Demo;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Kvasir.Engine;
using Kvasir.Engine.Compression;
using Kvasir.Engine.Compression.Profiling;
using Kvasir.KvCache.Compression.Profiles;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir kv profile-ranks</c>: measures in which directions a model's keys and values lie.</summary>
internal sealed class KvProfileRanksCommand : Command, IHelpTopics
{
    private readonly Option<string?> _model = new("--model", "-m") { Description = $"{NamedModel.Description} Default: the bundled model.", HelpName = NamedModel.HelpName };

    private readonly Option<string?> _file = new("--file", "-f") { Description = "A text of the kind that the model will read. Default: the demo's document.", HelpName = "FILE" };

    private readonly Option<string?> _output = new("--output", "-o") { Description = "Where to write the profile. Default: beside the model, where it is found by itself.", HelpName = "FILE" };

    private readonly Option<int?> _tokens = new("--tokens") { Description = "Tokens of the text that are read at most. Default: 16384.", HelpName = "N" };

    private readonly Option<int?> _group = new("--group") { Description = "KV heads that share directions. Default: 1.", HelpName = "N" };

    private readonly Option<RankDirections> _directions = new("--directions") { Description = "weighted: where scores and outputs vary most; moments: where keys and values do, as published; random: any. Default: weighted.", HelpName = "NAME" };

    private readonly Option<int?> _threads = new("--threads", "-t") { Description = "Worker threads.", HelpName = "N" };

    private readonly JsonOption _json = new("{output, fingerprint, groupHeads, layers: [[{of, rankAtHalf, lost: [behind 1/4, 1/2, 3/4], nats}]]}");

    public KvProfileRanksCommand()
        : base("profile-ranks", "Measures once in which directions a model's keys and values lie (Palu), and writes it beside the model.")
    {
        Add(_model);
        Add(_file);
        Add(_output);
        Add(_tokens);
        Add(_group);
        Add(_directions);
        Add(_threads);
        Add(_json);
        SetAction(Run);
    }

    public string? Details => """
        The model reads a text; the second moments of its keys, before their rotation, and of its values say which directions matter. Then each
        layer's keys, and its values, lose half of theirs, alone, which says what a layer is worth. Minutes on a small model.
        """;

    public IReadOnlyList<string> Examples => ["kvasir kv profile-ranks", "kvasir kv profile-ranks --model M -f text.txt --group 4 -o grouped.ranks"];

    private Task<int> Run(ParseResult parsed, CancellationToken cancellation) => Task.Run(
        () =>
        {
            var model = NamedModel.OrDefault(parsed.GetValue(_model));
            var usual = new RankProfileOptions();
            var options = usual with
            {
                MaxTokens = parsed.GetValue(_tokens) ?? usual.MaxTokens,
                GroupHeads = parsed.GetValue(_group) ?? usual.GroupHeads,
                Directions = parsed.GetValue(_directions),
            };
            var lines = new ProgressLines(parsed.InvocationConfiguration.Error);
            var progress = new Progress<(int Done, int Of)>(done => ((IProgress<string>)lines).Report($"{done.Done} of {done.Of}"));
            var text = DemoSet.ReadDocument(parsed.GetValue(_file) ?? Path.Combine(BundledFiles.Demo(), "document.txt"));
            var profile = RankProfiler.Measure(model, text, options, new EngineOptions { Threads = parsed.GetValue(_threads) }, progress, cancellation);
            var path = parsed.GetValue(_output) ?? ProfileFiles.PathFor(model, ProfileKind.Ranks);
            RankProfileFile.Write(profile, path);
            Write(parsed, profile, path);
            return ExitCode.Success;
        },
        cancellation);

    private void Write(ParseResult parsed, RankProfile profile, string path)
    {
        var output = parsed.InvocationConfiguration.Output;
        var half = profile.Ranks(0.5, 16);
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(output, new JsonObject
            {
                ["output"] = path,
                ["fingerprint"] = profile.Fingerprint,
                ["groupHeads"] = profile.GroupHeads,
                ["layers"] = new JsonArray([.. profile.Layers.Select((layer, l) => new JsonArray([.. layer.Select((basis, part) => new JsonObject
                {
                    ["of"] = part % 2 == 0 ? "keys" : "values",
                    ["rankAtHalf"] = half[l][part],
                    ["lost"] = new JsonArray([.. Lost(basis).Select(share => JsonValue.Create(Math.Round(share, 5)))]),
                    ["nats"] = Math.Round(basis.Losses.Sum(loss => (double)loss), 6),
                })]))]),
            });
            return;
        }

        output.WriteLine("Ranks at half of the bytes, and what is lost without the last 3/4, 1/2 and 1/4 of the directions, percent, over the heads.");
        for (var layer = 0; layer < profile.Layers.Count; layer++)
            output.WriteLine($"layer {layer,3}: keys {Describe(layer, 0)}; values {Describe(layer, 1)}");
        output.WriteLine($"written to {path}");

        string Describe(int layer, int kind)
        {
            int[] parts = [.. Enumerable.Range(0, profile.Layers[layer].Count).Where(part => part % 2 == kind)];
            var lost = Enumerable.Range(0, 3).Select(i => (100 * parts.Average(part => Lost(profile.Layers[layer][part])[i])).ToString("0.0", CultureInfo.InvariantCulture));
            return $"{string.Join(' ', parts.Select(part => half[layer][part]))} ({string.Join(", ", lost)})";
        }
    }

    /// <summary>Share of all losses behind the first 1/4, 1/2 and 3/4 of the directions.</summary>
    private static double[] Lost(RankBasis basis)
    {
        var all = Math.Max(double.Epsilon, basis.Losses.Sum(loss => (double)loss));
        return [.. new[] { 1, 2, 3 }.Select(quarters => basis.Losses.Skip(basis.Losses.Length * quarters / 4).Sum(loss => (double)loss) / all)];
    }
}
