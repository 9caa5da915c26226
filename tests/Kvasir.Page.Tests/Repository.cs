namespace Kvasir.Page.Tests;

/// <summary>The repository that the tests were built in.</summary>
internal static class Repository
{
    /// <summary>Its root folder.</summary>
    public static string Root { get; } = FindRoot();

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
