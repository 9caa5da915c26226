namespace Kvasir.Models;

/// <summary>Opens a tokenizer alone: no weights are needed, and the model may be of a family that Kvasir does not run.</summary>
public static class TokenizerFile
{
    private const long MaxSettingsBytes = 16 << 20;
    private const long MaxBytes = 256 << 20;

    /// <param name="path">A Hugging Face folder, a tokenizer.json, a SentencePiece tokenizer.model, or a GGUF file.</param>
    /// <exception cref="FileNotFoundException">There is nothing at the path.</exception>
    /// <exception cref="ModelFormatException">A file is damaged, or there is no tokenizer in it.</exception>
    /// <exception cref="UnsupportedModelException">The tokenizer is of a kind that Kvasir does not read.</exception>
    public static Tokenizer Open(string path)
    {
        if (Directory.Exists(path))
            return FromFolder(path, Settings(path)) ?? throw new ModelFormatException(path, "the folder has neither tokenizer.json nor tokenizer.model");
        if (!File.Exists(path))
            throw new FileNotFoundException($"there is no tokenizer at {path}; give a folder, a tokenizer.json, a tokenizer.model or a .gguf file", path);
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (Path.GetExtension(path) == ".json")
            return TokenizerJson.Read(JsonFile.Read(path, MaxBytes), Settings(folder));
        if (Path.GetExtension(path) == ".model")
            return SentencePieceFile.Read(path, ReadBounded(path), Settings(folder));
        using var parts = GgufParts.Open(path);
        return GgufTokenizer.Read(path, parts.First.Metadata) ?? throw new ModelFormatException(path, "the file has no tokenizer");
    }

    /// <summary>The tokenizer of a folder, or null when there is none.</summary>
    internal static Tokenizer? FromFolder(string folder, JsonField? settings)
    {
        string json = Path.Combine(folder, "tokenizer.json");
        string sentencePiece = Path.Combine(folder, "tokenizer.model");
        if (File.Exists(json))
            return TokenizerJson.Read(JsonFile.Read(json, MaxBytes), settings);
        return File.Exists(sentencePiece) ? SentencePieceFile.Read(sentencePiece, ReadBounded(sentencePiece), settings) : null;
    }

    private static JsonField? Settings(string folder)
    {
        string path = Path.Combine(folder, "tokenizer_config.json");
        return File.Exists(path) ? JsonFile.Read(path, MaxSettingsBytes) : null;
    }

    private static byte[] ReadBounded(string path)
    {
        long length = new FileInfo(path).Length;
        return length <= MaxBytes ? File.ReadAllBytes(path) : throw new ModelFormatException(path, $"the file has {length} bytes; at most {MaxBytes} are read");
    }
}
