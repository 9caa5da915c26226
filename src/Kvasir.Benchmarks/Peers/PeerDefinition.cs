using System.Text.Json;

namespace Kvasir.Benchmarks.Peers;

/// <summary>A peer as its <c>peer.json</c> describes it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Folder">Where it lies and is started.</param>
/// <param name="Command">The program and its first arguments.</param>
/// <param name="Needs">A file or folder in <paramref name="Folder"/> that is there once it is installed; null when it needs none.</param>
/// <param name="Install">The command that installs it.</param>
public sealed record PeerDefinition(string Name, string Folder, IReadOnlyList<string> Command, string? Needs, string Install)
{
    /// <summary>The file that makes a folder a peer.</summary>
    public const string FileName = "peer.json";

    /// <summary>The only checks that it takes part in; all when null.</summary>
    public IReadOnlyList<string>? Checks { get; init; }

    /// <summary>All peers in the folders of a folder, by name; none when it is not there.</summary>
    /// <exception cref="InvalidDataException">A description is damaged.</exception>
    public static IReadOnlyList<PeerDefinition> Find(string? folder) => folder is null || !Directory.Exists(folder)
        ? []
        : [.. Directory.GetDirectories(folder).Where(peer => File.Exists(Path.Combine(peer, FileName))).Select(Read).OrderBy(peer => peer.Name, StringComparer.Ordinal)];

    /// <summary>Reads a description.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static PeerDefinition Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            var root = document.RootElement;
            var command = root.GetProperty("command").EnumerateArray().Select(part => part.GetString() ?? "").ToArray();
            if (command.Length == 0 || command[0].Length == 0)
                throw new InvalidDataException($"{path}: command is empty; give the program and its arguments");
            return new PeerDefinition(
                root.GetProperty("name").GetString() ?? Path.GetFileName(folder),
                Path.GetFullPath(folder),
                command,
                root.TryGetProperty("needs", out var needs) ? needs.GetString() : null,
                root.TryGetProperty("install", out var install) ? install.GetString() ?? "" : "")
            {
                Checks = root.TryGetProperty("checks", out var checks) ? [.. checks.EnumerateArray().Select(check => check.GetString() ?? "")] : null,
            };
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidDataException($"{path}: {exception.Message}", exception);
        }
    }

    /// <summary>Whether it does a check.</summary>
    public bool TakesPart(string check) => Checks?.Contains(check) != false;

    /// <summary>What is missing and how to get it; null when nothing is.</summary>
    /// <param name="searchPath">Folders with programs, as in PATH; this process's own when null.</param>
    public string? Missing(string? searchPath = null)
    {
        if (!HasProgram(searchPath ?? Environment.GetEnvironmentVariable("PATH") ?? ""))
            return $"{Name} is left out: there is no {Command[0]} on this machine; install it, then run: {Hint}";
        return Needs is { } needs && !Path.Exists(Path.Combine(Folder, needs))
            ? $"{Name} is left out: it is not installed; run: {Hint}"
            : null;
    }

    private string Hint => $"cd {Folder} && {Install}";

    private bool HasProgram(string searchPath) => Path.IsPathRooted(Command[0])
        ? File.Exists(Command[0])
        : searchPath.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Any(folder =>
            File.Exists(Path.Combine(folder, Command[0])) || (OperatingSystem.IsWindows() && File.Exists(Path.Combine(folder, Command[0] + ".exe"))));
}
