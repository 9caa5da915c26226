using System.CommandLine;
using System.Text.Json.Nodes;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Kvasir.Models.Hub;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir rm</c>: deletes pulled models.</summary>
internal sealed class RemoveCommand : Command, IHelpTopics
{
    private readonly TextReader _input;
    private readonly Argument<string> _model = new("OWNER/NAME[:QUANT or :FILE][@REVISION]") { Description = "The models: all quantisations and revisions unless it names one." };
    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "Do not ask." };
    private readonly JsonOption _json = new("{removed: [{name, commit, path}], freedBytes}");

    public RemoveCommand(TextReader input)
        : base("rm", "Deletes pulled models.")
    {
        _input = input;
        Add(_model);
        Add(_yes);
        Add(_json);
        SetAction(Run);
    }

    public string? Details => "Asks before it deletes. What was loaded in part goes too; a file that another revision shares stays until that goes.";

    public IReadOnlyList<string> Examples => ["kvasir rm owner/model-GGUF:Q4_K_M", "kvasir rm owner/model@1a2b3c4d --yes"];

    private int Run(ParseResult parsed)
    {
        var reference = HubReference.Parse(parsed.GetRequiredValue(_model));
        var folder = NamedModel.Folder();
        var models = folder.Matching(reference);
        if (models.Count == 0)
            throw new FileNotFoundException($"no pulled model is called {reference} in {folder.Path}; 'kvasir list' shows what is there");
        if (!parsed.GetValue(_yes) && !Asked(models, parsed.InvocationConfiguration.Error))
            throw new InvalidOperationException("nothing was deleted; answer y, or give --yes");
        var freed = folder.Remove(models);
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(output, new JsonObject
            {
                ["removed"] = new JsonArray([.. models.Select(model => new JsonObject
                {
                    ["name"] = model.Name,
                    ["commit"] = model.Commit,
                    ["path"] = model.Path,
                })]),
                ["freedBytes"] = freed,
            });
        }
        else
        {
            output.WriteLine($"deleted {models.Count} {(models.Count == 1 ? "model" : "models")}, {Screen.Size(freed)} freed");
        }

        return ExitCode.Success;
    }

    private bool Asked(IReadOnlyList<StoredModel> models, TextWriter error)
    {
        foreach (var model in models)
            error.WriteLine($"{model.Name}  {model.Commit[..12]}  {ListCommand.TypeOf(model)}  {Screen.Size(model.Bytes)}");
        error.Write($"Delete {(models.Count == 1 ? "it" : $"these {models.Count}")}? [y/N] ");
        return _input.ReadLine()?.Trim() is "y" or "Y" or "yes";
    }
}
