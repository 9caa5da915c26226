using System.Text.Json;

namespace Kvasir.Models.Hub;

/// <summary>Writes small JSON files so that a reader never sees half of one.</summary>
internal static class AtomicJson
{
    /// <summary>Writes an object's members.</summary>
    public static void Write(string path, Action<Utf8JsonWriter> members)
    {
        string temporary = path + ".new";
        using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
            {
                json.WriteStartObject();
                members(json);
                json.WriteEndObject();
            }

            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
