namespace Kvasir.Models.Hub;

/// <summary>A model in the models folder.</summary>
public sealed record StoredModel
{
    /// <summary>Owner and name.</summary>
    public required string Id { get; init; }

    /// <summary>40 hexadecimal digits.</summary>
    public required string Commit { get; init; }

    /// <summary>Branches and tags that mean this commit, as of the last time they were asked for.</summary>
    public required IReadOnlyList<string> Revisions { get; init; }

    public required StoredKind Kind { get; init; }

    /// <summary>As the file's name says it, e.g. <c>Q4_K_M</c>.</summary>
    public string? Quantization { get; init; }

    /// <summary>What a command's --model takes: a file or a folder.</summary>
    public required string Path { get; init; }

    /// <summary>The size of its files together.</summary>
    public required long Bytes { get; init; }

    /// <summary>Whether all of its files are there.</summary>
    public required bool Complete { get; init; }

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset Pulled { get; init; }

    /// <summary>What it is called on a command line, without its revision.</summary>
    public string Name => Selector is null ? Id : $"{Id}:{Selector}";

    /// <summary>A GGUF file's words to choose by, its name where it says no quantisation; null for folders.</summary>
    internal string? Selector => Kind == StoredKind.Gguf ? Quantization ?? Files[0].Path : null;

    internal IReadOnlyList<ManifestFile> Files { get; init; } = [];

    /// <summary>Whether a reference's selector and revision mean it.</summary>
    internal bool Matches(HubReference reference) =>
        (reference.Revision is not { } revision
            || Revisions.Contains(revision)
            || (revision.Length >= 7 && Commit.StartsWith(revision, StringComparison.OrdinalIgnoreCase)))
        && (reference.Selector is not { } selector
            || (FileSelection.IsPattern(selector)
                ? Files.Any(file => FileSelection.Fits(file.Path, selector))
                : GgufGroup.Of(Files.Select(file => file.Path)).Any(group => group.Matches(selector))));
}
