using System.Text.RegularExpressions;

namespace Kvasir.Page.Tests;

/// <summary>What can be told from the page's files alone, without a browser.</summary>
public sealed partial class PageFilesTests
{
    private const int LargestBytes = 100_000;
    private static readonly string Folder = Path.Combine(Repository.Root, "src", "Kvasir.Serving", "Page");

    [Fact]
    public void ThePageIsSmall_AndInOneFolder()
    {
        Assert.Empty(Directory.GetDirectories(Folder));
        Assert.InRange(Directory.GetFiles(Folder).Sum(file => new FileInfo(file).Length), 1, LargestBytes);
    }

    [Fact]
    public void EveryFileIsUsed_AndEveryUsedFileIsThere()
    {
        var used = Directory.GetFiles(Folder)
            .SelectMany(file => Reference().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value))
            .Append("index.html");
        Assert.Equal(Directory.GetFiles(Folder).Select(file => Path.GetFileName(file)!).Order(), used.Distinct().Order());
    }

    [Fact]
    public void NoTextBecomesMarkup_AndNoOtherHostIsNamed()
    {
        string[] forbidden =
        [
            "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "createContextualFragment", "setHTML", "srcdoc", "eval(", "new Function",
            "https://", "//cdn", "@import", "url(",
        ];
        foreach (var file in Directory.GetFiles(Folder))
        {
            var text = File.ReadAllText(file).Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal);
            Assert.All([.. forbidden, "http://"], word => Assert.False(text.Contains(word, StringComparison.Ordinal), $"{Path.GetFileName(file)} has {word}"));
        }
    }

    [Fact]
    public void TheMarkupHasNoInlineScriptOrStyle()
    {
        var html = File.ReadAllText(Path.Combine(Folder, "index.html"));
        Assert.DoesNotMatch(@"<script(?![^>]*\ssrc=)", html);
        Assert.DoesNotMatch(@"<style|\sstyle=|\son[a-z]+=|javascript:", html);
    }

    [GeneratedRegex("""(?:"page/|'\./)([\w.-]+\.(?:css|js|svg))["']""")]
    private static partial Regex Reference();
}
