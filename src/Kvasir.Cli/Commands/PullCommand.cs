using System.CommandLine;
using System.Text.Json.Nodes;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Kvasir.Models.Hub;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir pull</c>: gets a model from a hub.</summary>
internal sealed class PullCommand : Command, IHelpTopics
{
    private readonly Argument<string> _model = new("OWNER/NAME[:QUANT or :FILE][@REVISION]")
    {
        Description = "The model; QUANT is a word of a GGUF file's name, FILE a name or a pattern with * and ?.",
    };

    private readonly Option<int> _connections = new("--connections")
    {
        Description = $"Parts of a file that are loaded at a time, 1 to {HubOptions.MaxConnections}.",
        HelpName = "N",
        DefaultValueFactory = _ => new HubOptions().Connections,
    };

    private readonly JsonOption _json = new("{name, revision, commit, path, files, bytes, loadedBytes}");

    public PullCommand()
        : base("pull", "Gets a model from a Hugging Face hub.")
    {
        Add(_model);
        Add(_connections);
        Add(_json);
        _connections.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > HubOptions.MaxConnections)
                result.AddError($"--connections is {result.GetValueOrDefault<int>()}; allowed: 1 to {HubOptions.MaxConnections}");
        });
        SetAction(RunAsync);
    }

    public string? Details => $"""
        Every file is checked before it gets its name. Interrupted at any point, the same command goes on from there.
        Without QUANT or FILE: the safetensors with config.json and tokenizer, or the one GGUF file there is.
        {HubEnvironment.EndpointVariable} names another hub, {HubEnvironment.TokenVariable} (or the token file of the hub's own tools) says who asks,
        {HubEnvironment.OfflineVariable}=1 forbids requests, {ModelsFolder.Variable} names the folder (docs/pull.md).
        Afterwards --model takes OWNER/NAME[:QUANT] in every command.
        """;

    public IReadOnlyList<string> Examples =>
    [
        "kvasir pull owner/model-GGUF:Q4_K_M",
        "kvasir pull owner/model && kvasir run --model owner/model \"Who is Odin?\"",
        "kvasir pull owner/model-GGUF:model-Q8_0.gguf@v1.0 --connections 8 --json",
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var reference = HubReference.Parse(parsed.GetRequiredValue(_model));
        var options = HubEnvironment.Read(Environment.GetEnvironmentVariable) with { Connections = parsed.GetValue(_connections) };
        var error = parsed.InvocationConfiguration.Error;
        PullResult result;
        try
        {
            result = await new ModelPull(NamedModel.Folder(), options, new PullLines(error, options.Time)).RunAsync(reference, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            error.WriteLine($"What was loaded is kept; 'kvasir pull {reference}' goes on from there.");
            throw;
        }

        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(output, new JsonObject
            {
                ["name"] = result.Id,
                ["revision"] = result.Revision,
                ["commit"] = result.Commit,
                ["path"] = result.Path,
                ["files"] = result.Files,
                ["bytes"] = result.Bytes,
                ["loadedBytes"] = result.LoadedBytes,
            });
        }
        else
        {
            output.WriteLine($"{reference}, commit {result.Commit[..12]}: {Screen.Size(result.Bytes)}, of these {Screen.Size(result.LoadedBytes)} loaded now");
            output.WriteLine(result.Path);
        }

        return ExitCode.Success;
    }
}
