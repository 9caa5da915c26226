using System.IO.Compression;
using System.Text.Json.Nodes;

namespace Kvasir.Tests.Shared;

/// <summary>
/// The tiny random Llama of tests/Fixtures with the first 512 tokens of the bundled model's tokenizer, so that it reads and writes
/// text; and a folder for what the tests write.
/// </summary>
public sealed class TestModel : IDisposable
{
    private const int VocabSize = 512;

    public TestModel()
    {
        Folder = Directory.CreateTempSubdirectory("kvasir-tests-").FullName;
        Path = System.IO.Path.Combine(Folder, "model");
        Directory.CreateDirectory(Path);
        foreach (var file in Directory.GetFiles(Fixture("llama_rope3")))
            File.Copy(file, System.IO.Path.Combine(Path, System.IO.Path.GetFileName(file)));
        File.Copy(Fixture("kvasir-mini", "tokenizer_config.json"), System.IO.Path.Combine(Path, "tokenizer_config.json"));
        File.WriteAllText(System.IO.Path.Combine(Path, "tokenizer.json"), Tokenizer());
    }

    /// <summary>A folder that is deleted with the model.</summary>
    public string Folder { get; }

    /// <summary>The model's folder.</summary>
    public string Path { get; }

    /// <summary>A file of tests/Fixtures.</summary>
    public static string Fixture(params string[] parts)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var fixtures = System.IO.Path.Combine(folder.FullName, "tests", "Fixtures");
            if (Directory.Exists(fixtures))
                return System.IO.Path.Combine([fixtures, .. parts]);
        }

        throw new DirectoryNotFoundException($"tests/Fixtures is not above {AppContext.BaseDirectory}");
    }

    /// <summary>Writes a file into <see cref="Folder"/> and returns its path.</summary>
    public string Write(string name, string text)
    {
        var path = System.IO.Path.Combine(Folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static string Tokenizer()
    {
        using var file = new BrotliStream(File.OpenRead(Fixture("kvasir-mini", "tokenizer.json.br")), CompressionMode.Decompress);
        var json = JsonNode.Parse(file)!;
        var vocabulary = json["model"]!["vocab"]!.AsObject();
        foreach (var (token, _) in vocabulary.Where(entry => entry.Value!.GetValue<int>() >= VocabSize).ToList())
            vocabulary.Remove(token);
        var merges = json["model"]!["merges"]!.AsArray();
        foreach (var merge in merges.Where(merge => !vocabulary.ContainsKey(Merged(merge!))).ToList())
            merges.Remove(merge);
        return json.ToJsonString();
    }

    private static string Merged(JsonNode merge) => merge is JsonArray pair
        ? string.Concat(pair.Select(part => part!.GetValue<string>()))
        : merge.GetValue<string>().Replace(" ", "", StringComparison.Ordinal);
}
