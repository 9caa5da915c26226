namespace Kvasir.Benchmarks.Tests;

/// <summary>Finds files of the repository that the tests were built in.</summary>
internal static class RepositoryFile
{
    public static string Find(params string[] parts)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine([folder.FullName, .. parts]);
            if (File.Exists(path) || Directory.Exists(path))
                return path;
        }

        throw new FileNotFoundException($"{Path.Combine(parts)} is not above {AppContext.BaseDirectory}");
    }
}
