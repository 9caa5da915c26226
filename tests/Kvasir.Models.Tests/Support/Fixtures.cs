namespace Kvasir.Models.Tests.Support;

/// <summary>Files of tests/Fixtures, found from the test's own folder upwards.</summary>
internal static class Fixtures
{
    private static readonly Lazy<string> Root = new(() =>
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, "tests", "Fixtures");
            if (Directory.Exists(candidate))
                return candidate;
        }

        throw new DirectoryNotFoundException("tests/Fixtures is not above the test assembly");
    });

    public static string PathOf(params string[] parts) => Path.Combine([Root.Value, .. parts]);
}
