using System.CommandLine;
using Kvasir.Engine;

namespace Kvasir.Cli.Options;

/// <summary>The options of commands that answer with an adapter.</summary>
internal sealed class AdapterOptionSet
{
    private readonly Option<string?> _adapter = new("--adapter")
    {
        Description = "Answer with a LoRA adapter: a PEFT folder or a GGUF adapter made for the model.",
        HelpName = "PATH",
    };

    private readonly Option<float> _scale = new("--adapter-scale")
    {
        Description = "A factor for the adapter, beside its own.",
        HelpName = "X",
        DefaultValueFactory = _ => 1,
    };

    public void AddTo(Command command)
    {
        command.Add(_adapter);
        command.Add(_scale);
    }

    /// <summary>Loads the adapter, if one was named, and returns what the engine calls it.</summary>
    public string? Load(ParseResult parsed, KvasirEngine engine)
    {
        if (parsed.GetValue(_adapter) is not { } path)
            return null;
        return engine.LoadAdapter(NameOf(path), path, parsed.GetValue(_scale)).Name;
    }

    /// <summary>The folder's name, or the file's without its extension.</summary>
    private static string NameOf(string path)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var name = Directory.Exists(full) ? Path.GetFileName(full) : Path.GetFileNameWithoutExtension(full);
        return name.Length == 0 ? "adapter" : name;
    }
}
