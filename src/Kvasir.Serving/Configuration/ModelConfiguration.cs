using Kvasir.Engine;

namespace Kvasir.Serving.Configuration;

/// <summary>A model that a server offers.</summary>
public sealed record ModelConfiguration
{
    /// <summary>A GGUF file or a Hugging Face folder.</summary>
    public required string Path { get; init; }

    /// <summary>What requests call it; the file's name without extension when null.</summary>
    public string? Name { get; init; }

    /// <summary>Further names.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Whether it is loaded when the server starts; otherwise with the first request for it.</summary>
    public bool Preload { get; init; }

    /// <summary>Unloaded when nobody has used it for so long; never when zero.</summary>
    public TimeSpan IdleUnload { get; init; } = TimeSpan.Zero;

    /// <summary>Adapters that are loaded with it, by name.</summary>
    public IReadOnlyList<AdapterConfiguration> Adapters { get; init; } = [];

    /// <summary>How its engine is set up.</summary>
    public EngineOptions Engine { get; init; } = new();

    /// <summary>What requests call it.</summary>
    public string EffectiveName => Name ?? DefaultName(Path);

    internal static ModelConfiguration Read(SettingReader settings, EngineOptions engine) => new()
    {
        Path = settings.Text("path", null, "A .gguf file or a Hugging Face folder.") ?? "",
        Name = settings.Text("name", null, "What requests call it. Default: the file's name without extension."),
        Aliases = settings.Texts("aliases", [], "Further names."),
        Preload = settings.Flag("preload", false, "Whether it is loaded at the start; otherwise with the first request. The first model always is."),
        IdleUnload = settings.Time("idleUnload", TimeSpan.Zero, "Unloaded when nobody has used it for so long; 0 is never.")!.Value,
        Adapters = settings.List("adapters", AdapterConfiguration.Read, "LoRA adapters that are loaded with it."),
        Engine = settings.Section("engine", inner => EngineSettings.Read(inner, engine), "How its engine is set up, where that differs from the others."),
    };

    private static string DefaultName(string path)
    {
        var name = System.IO.Path.GetFileName(path.TrimEnd(System.IO.Path.DirectorySeparatorChar, '/'));
        return name.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) ? name[..^".gguf".Length] : name;
    }
}
