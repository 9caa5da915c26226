using System.Text.Json;

namespace Kvasir.Models;

/// <summary>Reads JSON from model folders: bounded in size and depth, duplicate names refused, errors name the file.</summary>
internal static class JsonFile
{
    private const int MaxDepth = 64;

    public static JsonField Read(string path, long maxBytes)
    {
        var info = new FileInfo(path);
        if (info.Length > maxBytes)
            throw new ModelFormatException(path, $"the file has {info.Length} bytes; at most {maxBytes} are read");
        return Parse(path, File.ReadAllBytes(path));
    }

    /// <summary>Parses a document; a byte order mark is passed over.</summary>
    public static JsonField Parse(string path, ReadOnlyMemory<byte> utf8)
    {
        if (utf8.Span.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
            utf8 = utf8[3..];
        try
        {
            var options = new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false };
            using var document = JsonDocument.Parse(utf8, options);
            return new JsonField(path, document.RootElement.Clone());
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ModelFormatException(path, $"not valid JSON: {e.Message}", e);
        }
    }
}
