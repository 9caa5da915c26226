namespace Kvasir.Page.Tests.Browser;

/// <summary>The browser of this machine: the tests download none.</summary>
internal static class Chromium
{
    private const string Variable = "KVASIR_CHROMIUM";
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

    /// <summary>Its executable, or null when there is none.</summary>
    public static string? Path { get; } = Find();

    /// <summary>Why tests that need it are skipped, or null when they are not.</summary>
    public static string? Missing { get; } = Path is not null
        ? null
        : Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named
            ? $"{Variable} names {named}, which does not exist"
            : $"no Chromium on the path; install it (Debian: apt-get install chromium) or name it in {Variable}";

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
            return File.Exists(named) ? named : null;
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return Names.SelectMany(name => folders.Select(folder => System.IO.Path.Combine(folder, name))).FirstOrDefault(File.Exists);
    }
}
