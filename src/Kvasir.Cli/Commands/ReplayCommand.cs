using System.CommandLine;
using System.Text.Json.Nodes;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Kvasir.Engine;
using Kvasir.Engine.Receipts;
using Kvasir.Numerics.Attention;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir replay</c>: runs a receipt again, cold, and compares bits.</summary>
internal sealed class ReplayCommand : Command, IHelpTopics
{
    private readonly Argument<string> _receipt = new("RECEIPT") { Description = "A file written with --receipt." };
    private readonly JsonOption _json = new("{tokensCompared, firstDifference, bitsEqual}; firstDifference is -1 when all bits are equal.");
    private readonly EngineOptionSet _engine = new();
    private readonly AdapterOptionSet _adapter = new();

    public ReplayCommand()
        : base("replay", "Runs the answer of a receipt again without any reuse and compares bits.")
    {
        Add(_receipt);
        Add(_json);
        _adapter.AddTo(this);
        _engine.AddTo(this);
        SetAction(RunAsync);
    }

    public string? Details => """
        Every logits row and every token is compared; exits 1 when one differs. Context and KV type are the receipt's;
        the model (and the adapter) must be the receipt's too, threads and KV budget are free. Write receipts with run or generate --receipt FILE.
        """;

    public IReadOnlyList<string> Examples =>
    [
        "kvasir run \"What is a raven?\" --receipt answer.json",
        "kvasir replay answer.json --threads 1",
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var path = parsed.GetRequiredValue(_receipt);
        var receipt = Receipt.Parse(await File.ReadAllTextAsync(path, cancellation).ConfigureAwait(false));
        if (!Enum.TryParse<KvDataType>(receipt.KvType, out var kvType))
            throw new InvalidDataException($"{path}: KV type \"{receipt.KvType}\" is unknown; known: {string.Join(", ", Enum.GetNames<KvDataType>())}");

        var options = _engine.Read(parsed) with { MaxContext = receipt.MaxContext, KvType = kvType };
        using var engine = KvasirEngine.Load(_engine.ModelPath(parsed), options);
        _adapter.Load(parsed, engine);
        var result = await engine.ReplayAsync(receipt, cancellation).ConfigureAwait(false);
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
            JsonOutput.Write(output, new JsonObject { ["tokensCompared"] = result.TokensCompared, ["firstDifference"] = result.FirstDifference, ["bitsEqual"] = result.BitsEqual });
        else if (result.BitsEqual)
            output.WriteLine($"same bits: {result.TokensCompared} logits rows and their tokens are equal to a cold run's");
        else
            output.WriteLine($"DIFFERENT: logits row {result.FirstDifference} of {receipt.LogitDigests.Count} is not the cold run's");
        return result.BitsEqual ? ExitCode.Success : ExitCode.Failure;
    }
}
