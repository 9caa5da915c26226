using System.Text.RegularExpressions;

namespace Kvasir.Architecture.Tests;

public sealed partial class HouseRulesTests
{
    private const int LongestFile = 450;
    private const int PublishedSystems = 57;

    [Fact]
    public void EveryRoomSaysWhatItIs()
    {
        foreach (var room in Repository.Rooms)
        {
            var readme = Path.Combine(room, "README.md");
            Assert.True(File.Exists(readme), $"{readme} is missing");
            Assert.StartsWith($"# {Path.GetFileName(room)}", File.ReadAllText(readme), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void EveryPublishedSystemHasARow_AndNothingIsShownWithoutACommand()
    {
        var rows = File.ReadLines(Path.Combine(Repository.Root, "docs", "systems.md"))
            .Select(line => SystemRow().Match(line))
            .Where(match => match.Success)
            .ToArray();
        Assert.Equal(Enumerable.Range(1, PublishedSystems), rows.Select(row => int.Parse(row.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)));
        foreach (var row in rows)
        {
            var planned = row.Groups[2].Value == "planned";
            Assert.True(planned == (row.Groups[3].Value == "—"), $"row {row.Groups[1].Value}: status '{row.Groups[2].Value}', shown by '{row.Groups[3].Value}'");
        }
    }

    [Fact]
    public void NoSourceFileIsTooLong()
    {
        var tooLong = Repository.SourceFiles
            .Select(path => (Path: Path.GetRelativePath(Repository.Root, path), Lines: File.ReadLines(path).Count()))
            .Where(file => file.Lines > LongestFile);
        Assert.Empty(tooLong);
    }

    [Fact]
    public void NothingIsLeftForLater()
    {
        string[] marks = ["TO" + "DO", "FIX" + "ME", "NotImplemented" + "Exception"];
        var marked = Repository.SourceFiles
            .Where(path => marks.Any(mark => File.ReadAllText(path).Contains(mark, StringComparison.Ordinal)))
            .Select(path => Path.GetRelativePath(Repository.Root, path));
        Assert.Empty(marked);
    }

    [Theory]
    [InlineData("kvasir")]
    [InlineData("test")]
    [InlineData("format")]
    [InlineData("scripts/package")]
    [InlineData("scripts/image")]
    [InlineData(".ci/run")]
    public void TheScriptsAtTheRootCanBeStarted(string script)
    {
        var path = Path.Combine(Repository.Root, script);
        Assert.True(File.Exists(path), $"{script} is missing");
        if (!OperatingSystem.IsWindows())
            Assert.True(File.GetUnixFileMode(path).HasFlag(UnixFileMode.UserExecute), $"{script} is not executable");
    }

    [GeneratedRegex(@"^\| (\d\d) \|(?:[^|]*\|){3} (\S[^|]*?) \| (\S[^|]*?) \|(?:[^|]*\|){3}$")]
    private static partial Regex SystemRow();
}
