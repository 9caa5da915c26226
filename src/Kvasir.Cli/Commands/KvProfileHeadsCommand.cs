using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Kvasir.Engine;
using Kvasir.Engine.Compression;
using Kvasir.Engine.Compression.Profiling;
using Kvasir.KvCache.Compression.Profiles;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir kv profile-heads</c>: measures a model's heads.</summary>
internal sealed class KvProfileHeadsCommand : Command, IHelpTopics
{
    private readonly Option<string?> _model = new("--model", "-m") { Description = $"{NamedModel.Description} Default: the bundled model.", HelpName = NamedModel.HelpName };

    private readonly Option<string?> _output = new("--output", "-o") { Description = "Where to write the profile. Default: beside the model, where it is found by itself.", HelpName = "FILE" };

    private readonly Option<int?> _seed = new("--seed") { Description = "Another seed gives needles that share nothing with the usual ones.", HelpName = "N" };

    private readonly Option<int?> _longest = new("--longest") { Description = "Longest needle prompt in tokens. Default: 2048.", HelpName = "N" };

    private readonly Option<int?> _lengths = new("--lengths") { Description = "Lengths of needle prompts. Default: 4.", HelpName = "N" };

    private readonly Option<int?> _threads = new("--threads", "-t") { Description = "Worker threads.", HelpName = "N" };

    private readonly JsonOption _json = new("{output, fingerprint, found, asked, retrievalHeads: [[layer, head]], voters: [[head]], layerErrors}");

    public KvProfileHeadsCommand()
        : base("profile-heads", "Measures once which heads of a model copy, find and read (RazorAttention, CompressKV), and writes it beside the model.")
    {
        Add(_model);
        Add(_output);
        Add(_seed);
        Add(_longest);
        Add(_lengths);
        Add(_threads);
        Add(_json);
        SetAction(Run);
    }

    public string? Details => """
        Random tokens that are repeated show which heads find an earlier copy, needle prompts which heads read the needle while it is told, and
        a compressed copy of the cache beside the whole one how much each layer suffers. Minutes on a small model.
        """;

    public IReadOnlyList<string> Examples => ["kvasir kv profile-heads", "kvasir kv profile-heads --model M --seed 2 -o second.json --json"];

    private Task<int> Run(ParseResult parsed, CancellationToken cancellation) => Task.Run(
        () =>
        {
            var model = NamedModel.OrDefault(parsed.GetValue(_model));
            var usual = new HeadProfileOptions();
            var options = usual with
            {
                Seed = parsed.GetValue(_seed) ?? usual.Seed,
                LongestPrompt = parsed.GetValue(_longest) ?? usual.LongestPrompt,
                Lengths = parsed.GetValue(_lengths) ?? usual.Lengths,
            };
            var lines = new ProgressLines(parsed.InvocationConfiguration.Error);
            var progress = new Progress<(int Done, int Of)>(done => ((IProgress<string>)lines).Report($"{done.Done} of {done.Of}"));
            var profile = HeadProfiler.Measure(model, options, new EngineOptions { Threads = parsed.GetValue(_threads) }, progress, cancellation);
            var path = parsed.GetValue(_output) ?? ProfileFiles.PathFor(model, ProfileKind.Heads);
            File.WriteAllText(path, HeadProfileFile.Write(profile));
            Write(parsed, profile, path);
            return ExitCode.Success;
        },
        cancellation);

    private void Write(ParseResult parsed, HeadProfile profile, string path)
    {
        var output = parsed.InvocationConfiguration.Output;
        var retrieval = profile.RetrievalHeads();
        var heads = from layer in Enumerable.Range(0, profile.Layers) from head in Enumerable.Range(0, profile.KvHeads) where retrieval[layer][head] select (layer, head);
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(output, new JsonObject
            {
                ["output"] = path,
                ["fingerprint"] = profile.Fingerprint,
                ["found"] = profile.Found,
                ["asked"] = profile.Asked,
                ["retrievalHeads"] = new JsonArray([.. heads.Select(head => new JsonArray(head.layer, head.head))]),
                ["voters"] = new JsonArray([.. profile.Voters().Select(layer => new JsonArray([.. layer.Select(head => JsonValue.Create(head))]))]),
                ["layerErrors"] = new JsonArray([.. profile.LayerErrors.Select(error => JsonValue.Create(Math.Round(error, 5)))]),
            });
            return;
        }

        output.WriteLine($"needles found: {profile.Found} of {profile.Asked}{(profile.Found == 0 ? "; no head can be told from another, so all will vote" : "")}");
        output.WriteLine($"retrieval heads (layer.head): {string.Join(", ", heads.Select(head => $"{head.layer}.{head.head}"))}");
        for (var layer = 0; layer < profile.Layers; layer++)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"layer {layer,3}: best echo {profile.Echo[layer].Max():0.00}, best induction {profile.Induction[layer].Max():0.00}, error share {profile.LayerErrors[layer]:0.000}, voters {string.Join(' ', profile.Voters()[layer])}"));
        }

        output.WriteLine($"written to {path}");
    }
}
