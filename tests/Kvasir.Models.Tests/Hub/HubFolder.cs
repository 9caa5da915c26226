using Kvasir.Models.Hub;
using Kvasir.Tests.Shared.Hub;

namespace Kvasir.Models.Tests.Hub;

/// <summary>A local hub, an empty models folder, and pulls between them in small parts and without real pauses.</summary>
public sealed class HubFolder : IDisposable
{
    public const string Id = "acme/tiny";
    public const int PartBytes = 1000;

    private readonly string _path = Directory.CreateTempSubdirectory("kvasir-hub-").FullName;

    public LocalHub Hub { get; } = new();

    public ModelsFolder Models => new(Path.Combine(_path, "models"));

    public string Root => _path;

    /// <summary>The pauses that were asked for.</summary>
    public List<TimeSpan> Pauses { get; } = [];

    /// <summary>What was reported.</summary>
    public List<PullProgress> Progress { get; } = [];

    internal HubOptions Options => new()
    {
        Endpoint = Hub.Endpoint,
        PartBytes = PartBytes,
        WindowBytes = 100,
        FreeBytes = _ => long.MaxValue,
        Pause = (pause, cancellation) =>
        {
            lock (Pauses)
                Pauses.Add(pause);
            return cancellation.IsCancellationRequested ? Task.FromCanceled(cancellation) : Task.CompletedTask;
        },
    };

    internal Task<PullResult> PullAsync(string reference = Id, HubOptions? options = null, Action<PullProgress>? progress = null, CancellationToken cancellation = default) =>
        new ModelPull(Models, options ?? Options, new Reports(report =>
        {
            Progress.Add(report);
            progress?.Invoke(report);
        })).RunAsync(HubReference.Parse(reference), cancellation);

    internal async Task<HubException> RefusedAsync(string reference = Id, HubOptions? options = null) =>
        await Assert.ThrowsAsync<HubException>(() => PullAsync(reference, options));

    /// <summary>Random bytes, the same for the same seed.</summary>
    public static byte[] Bytes(int count, int seed = 1)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>A repository with one GGUF file of ten parts and a bit.</summary>
    public byte[] AddGguf(string name = "tiny-Q4_K_M.gguf", int count = (10 * PartBytes) + 123, int seed = 1)
    {
        var bytes = Bytes(count, seed);
        Hub.Add(Id).Add(name, bytes).Add("README.md", "# Tiny");
        return bytes;
    }

    /// <summary>All files below the models folder that are not the folder's own.</summary>
    public string[] Visible() => Directory.Exists(Models.Path)
        ? [.. Directory.GetFiles(Models.Path, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Models.Path, file).Replace('\\', '/'))
            .Where(file => !file.StartsWith(".locks/", StringComparison.Ordinal) && !file.Contains("/partial/", StringComparison.Ordinal))]
        : [];

    public void Dispose()
    {
        Hub.Dispose();
        Directory.Delete(_path, recursive: true);
    }

    private sealed class Reports(Action<PullProgress> report) : IProgress<PullProgress>
    {
        public void Report(PullProgress value) => report(value);
    }
}
