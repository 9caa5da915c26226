using System.IO.Enumeration;

namespace Kvasir.Models.Hub;

/// <summary>Chooses the files of a repository that are loaded.</summary>
internal static class FileSelection
{
    private const int ShownNames = 24;

    private static readonly string[] PatternEndings = [".gguf", ".safetensors", ".json", ".txt", ".model", ".jinja", ".md", ".bin"];

    /// <summary>What a Hugging Face folder has beside its weights, as far as it is used.</summary>
    private static readonly HashSet<string> FolderFiles = new(StringComparer.Ordinal)
    {
        "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
        "vocab.json", "merges.txt", "vocab.txt", "tokenizer.model", "spiece.model", "chat_template.jinja", "chat_template.json",
        "adapter_config.json", "quantize_config.json", "modules.json", "1_Pooling/config.json",
    };

    /// <summary>The files that a reference means, with sizes and digests; at least one.</summary>
    /// <exception cref="HubException">Nothing fits, several models do, or a name or an entry cannot be used.</exception>
    public static IReadOnlyList<HubFile> Select(HubRevision revision, string? selector)
    {
        string[] paths = [.. revision.Files.Select(file => file.Path)];
        var chosen = selector is null ? Main(revision.Id, paths)
            : IsPattern(selector) ? Pattern(revision.Id, paths, selector)
            : Quantization(revision.Id, paths, selector);
        var wanted = chosen.ToHashSet(StringComparer.Ordinal);
        var files = revision.Files.Where(file => wanted.Contains(file.Path)).Select(file => Checked(revision.Id, file)).ToArray();
        if (files.GroupBy(file => file.Path, StringComparer.OrdinalIgnoreCase).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new HubException(HubProblem.WrongAnswer, $"{revision.Id} has the file '{twice.Key}' twice; choose files with {revision.Id}:FILE");
        return files;
    }

    /// <summary>Whether a selector chooses files by their names; otherwise it is a quantisation.</summary>
    public static bool IsPattern(string selector) =>
        selector.AsSpan().IndexOfAny('*', '?', '/') >= 0 || PatternEndings.Any(ending => selector.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether a name fits a pattern; * and ? also stand for slashes.</summary>
    public static bool Fits(string path, string pattern) => FileSystemName.MatchesSimpleExpression(pattern, path, ignoreCase: false);

    /// <summary>Whether a file belongs to a model in the Hugging Face layout.</summary>
    public static bool IsFolderFile(string path) => FolderFiles.Contains(path) || IsRootWeight(path) || IsExtraTemplate(path);

    private static IReadOnlyCollection<string> Main(string id, string[] paths)
    {
        var groups = GgufGroup.Of(paths);
        if (paths.Any(IsRootWeight) && paths.Any(path => path is "config.json" or "adapter_config.json"))
        {
            // Some repositories have the same weights twice, the second time under another program's names.
            bool standard = paths.Any(path => IsRootWeight(path) && path.StartsWith("model", StringComparison.Ordinal));
            return [.. paths.Where(path => IsFolderFile(path) && (!standard || !IsRootWeight(path) || !path.StartsWith("consolidated", StringComparison.Ordinal)))];
        }

        return groups.Count switch
        {
            1 => Whole(id, groups[0]),
            0 => throw new HubException(HubProblem.FileNotFound, $"{id} has neither a GGUF file nor config.json with *.safetensors; there are: {Names(paths)}"),
            _ => throw new HubException(HubProblem.FileNotFound, $"{id} has {groups.Count} models; choose one, e.g. {id}:{Choice(groups[0])}; there are: {Names(groups.Select(Choice))}"),
        };
    }

    private static IReadOnlyCollection<string> Quantization(string id, string[] paths, string word)
    {
        var groups = GgufGroup.Of(paths);
        GgufGroup[] fitting = [.. groups.Where(group => group.Matches(word))];
        return fitting.Length switch
        {
            1 => Whole(id, fitting[0]),
            0 => throw new HubException(HubProblem.FileNotFound, $"{id} has no GGUF file with '{word}' in its name; there are: {Names(groups.Select(Choice))}"),
            _ => throw new HubException(HubProblem.FileNotFound, $"{id} has {fitting.Length} models with '{word}' in their names; choose one by its file: {Names(fitting.Select(group => group.Paths[0]))}"),
        };
    }

    private static IReadOnlyCollection<string> Pattern(string id, string[] paths, string pattern)
    {
        string[] fitting = [.. paths.Where(path => Fits(path, pattern))];
        return fitting.Length > 0
            ? fitting
            : throw new HubException(HubProblem.FileNotFound, $"{id} has no file '{pattern}'; there are: {Names(paths)}");
    }

    private static IReadOnlyList<string> Whole(string id, GgufGroup group) => group.Paths.Count == group.Parts
        ? group.Paths
        : throw new HubException(HubProblem.FileNotFound, $"{id}: {group.Name} is split in {group.Parts} parts and {group.Paths.Count} of them are there");

    private static HubFile Checked(string id, HubListedFile file)
    {
        if (!HubPath.IsPortable(file.Path))
            throw new HubException(HubProblem.WrongAnswer, $"{id} has a file named '{HubErrors.Printable(file.Path, 80)}', which not every system can store; choose others with {id}:FILE");
        return file is { Bytes: { } bytes, Digest: { } digest }
            ? new HubFile(file.Path, bytes, digest)
            : throw new HubException(HubProblem.WrongAnswer, $"the hub gives no {(file.Bytes is null ? "size" : "checksum")} for {id}: {file.Path}; without it the file cannot be checked and is not loaded");
    }

    private static bool IsRootWeight(string path) => !path.Contains('/', StringComparison.Ordinal)
        && (path.EndsWith(".safetensors", StringComparison.Ordinal) || path.EndsWith(".safetensors.index.json", StringComparison.Ordinal));

    private static bool IsExtraTemplate(string path) =>
        path.StartsWith("additional_chat_templates/", StringComparison.Ordinal) && path.EndsWith(".jinja", StringComparison.Ordinal);

    private static string Choice(GgufGroup group) => group.Quantization ?? group.Paths[0];

    private static string Names(IEnumerable<string> names)
    {
        string[] all = [.. names.Distinct(StringComparer.Ordinal)];
        string shown = string.Join(", ", all.Take(ShownNames).Select(name => HubErrors.Printable(name, 80)));
        return all.Length == 0 ? "none" : all.Length > ShownNames ? $"{shown} and {all.Length - ShownNames} more" : shown;
    }
}
