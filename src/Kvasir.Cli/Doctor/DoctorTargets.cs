using Kvasir.Engine;

namespace Kvasir.Cli.Doctor;

/// <summary>What is to be looked at, wherever it was said: options, variables, a configuration file.</summary>
internal sealed record DoctorTargets
{
    /// <summary>The models: GGUF files or Hugging Face folders.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Why there is no model to look at, when none was named and none is bundled.</summary>
    public string? NoModel { get; init; }

    /// <summary>How the models would be run.</summary>
    public EngineOptions Engine { get; init; } = new();

    /// <summary>Addresses to listen on, such as <c>http://127.0.0.1:8080</c>.</summary>
    public IReadOnlyList<string> Listen { get; init; } = [];

    /// <summary>The configuration file; null when there is none.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>What is wrong with the server's settings, wherever they came from; null when they can be used.</summary>
    public string? SettingsProblem { get; init; }

    /// <summary>Folders that files are kept in (caches); they need not exist yet.</summary>
    public IReadOnlyList<string> Folders { get; init; } = [];

    /// <summary>The Redis server as <c>HOST:PORT</c> or <c>redis://[user:]password@HOST:PORT</c>; null when none is used.</summary>
    public string? Redis { get; init; }

    /// <summary>Read every weight of the models.</summary>
    public bool Full { get; init; }
}
