namespace Kvasir.Architecture.Tests;

/// <summary>The repository that the tests were built in.</summary>
internal static class Repository
{
    /// <summary>Its root folder.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The folders of src/, one a room.</summary>
    public static IEnumerable<string> Rooms => Directory.GetDirectories(Path.Combine(Root, "src")).Order(StringComparer.Ordinal);

    /// <summary>All C# files under src/ and tests/, without build outputs.</summary>
    public static IEnumerable<string> SourceFiles => new[] { "src", "tests" }
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories))
        .Where(path => !path.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin"));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Kvasir.slnx")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException($"Kvasir.slnx is not above {AppContext.BaseDirectory}");
    }
}
