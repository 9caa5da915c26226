using Kvasir.Tests.Shared.Hub;

namespace Kvasir.Cli.Tests.Pulling;

/// <summary>A local hub, an empty models folder, and the variables that name them. One class of tests uses it: variables are the process's.</summary>
public sealed class HubEnvironmentFixture : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kvasir-pull-").FullName;
    private readonly Dictionary<string, string?> _before = [];

    public HubEnvironmentFixture()
    {
        Set("HF_ENDPOINT", Hub.Endpoint.ToString());
        Set("HF_TOKEN", null);
        Set("HUGGING_FACE_HUB_TOKEN", null);
        Set("HF_TOKEN_PATH", Path.Combine(_folder, "no-token"));
        Set("HF_HUB_OFFLINE", null);
        Set("KVASIR_MODELS", Models);
    }

    public LocalHub Hub { get; } = new();

    public string Models => Path.Combine(_folder, "models");

    public void Dispose()
    {
        foreach (var (name, value) in _before)
            Environment.SetEnvironmentVariable(name, value);
        Hub.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Set(string name, string? value)
    {
        _before[name] = Environment.GetEnvironmentVariable(name);
        Environment.SetEnvironmentVariable(name, value);
    }
}
