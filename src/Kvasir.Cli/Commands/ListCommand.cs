using System.CommandLine;
using System.Text.Json.Nodes;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Kvasir.Models.Hub;
using Spectre.Console;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir list</c>: the pulled models.</summary>
internal sealed class ListCommand : Command, IHelpTopics
{
    private const int ShownDigits = 12;
    private readonly JsonOption _json = new("{folder, models: [{name, model, revisions, commit, type, quantization, bytes, complete, pulled, path}]}");

    public ListCommand()
        : base("list", "Lists the models that were pulled.")
    {
        Add(_json);
        SetAction(Run);
    }

    public string? Details => $"The folder is ${ModelsFolder.Variable}, or kvasir/models in the user's data folder. A name is what --model and 'kvasir rm' take.";

    public IReadOnlyList<string> Examples => ["kvasir list", "kvasir list --json"];

    /// <summary>What a model is, in a word or two.</summary>
    public static string TypeOf(StoredModel model) => model.Kind switch
    {
        StoredKind.Gguf => $"GGUF {model.Quantization}".TrimEnd(),
        StoredKind.SafeTensors => "safetensors",
        _ => "files",
    };

    private int Run(ParseResult parsed)
    {
        var folder = NamedModel.Folder();
        var models = folder.List();
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(output, new JsonObject
            {
                ["folder"] = folder.Path,
                ["models"] = new JsonArray([.. models.Select(ToJson)]),
            });
            return ExitCode.Success;
        }

        if (models.Count == 0)
        {
            output.WriteLine($"no models in {folder.Path}; 'kvasir pull OWNER/NAME' gets one");
            return ExitCode.Success;
        }

        var table = Screen.Table("name", "revision", "size", "type", "path");
        foreach (var model in models)
            table.AddRow(new Text(model.Name), new Text(Revision(model)), new Text(Screen.Size(model.Bytes) + (model.Complete ? "" : ", incomplete")), new Text(TypeOf(model)), new Text(model.Path));
        Screen.Create(output).Write(table);
        return ExitCode.Success;
    }

    private static string Revision(StoredModel model) => string.Join(", ", model.Revisions.Append(model.Commit[..ShownDigits]));

    private static JsonObject ToJson(StoredModel model) => new()
    {
        ["name"] = model.Name,
        ["model"] = model.Id,
        ["revisions"] = new JsonArray([.. model.Revisions.Select(revision => JsonValue.Create(revision))]),
        ["commit"] = model.Commit,
        ["type"] = model.Kind.ToString().ToLowerInvariant(),
        ["quantization"] = model.Quantization,
        ["bytes"] = model.Bytes,
        ["complete"] = model.Complete,
        ["pulled"] = model.Pulled.ToString("O", System.Globalization.CultureInfo.InvariantCulture),
        ["path"] = model.Path,
    };
}
