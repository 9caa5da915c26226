using System.Text;
using System.Text.Json;

namespace Kvasir.Benchmarks.Peers;

/// <summary>The lines that a peer reads and writes, one JSON object each (scripts/peers/README.md).</summary>
public static class PeerLines
{
    /// <summary>The line that says that the model is loaded.</summary>
    /// <param name="version">The peer's version.</param>
    public static string Ready(string version) => Write(writer =>
    {
        writer.WriteBoolean("ready", true);
        writer.WriteString("version", version);
    });

    /// <summary>The line that asks for a turn.</summary>
    public static string Ask(Turn turn) => Write(writer =>
    {
        writer.WriteStartArray("prompts");
        foreach (var prompt in turn.Prompts)
        {
            writer.WriteStartArray();
            foreach (var token in prompt)
                writer.WriteNumberValue(token);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
        writer.WriteNumber("answer", turn.Answer);
        writer.WriteNumber("threads", turn.Threads);
        writer.WriteBoolean("reuse", turn.Reuse);
    });

    /// <summary>The line that says how long a turn took.</summary>
    public static string Done(TurnTime time) => Write(writer =>
    {
        writer.WriteNumber("firstMs", time.FirstMs);
        writer.WriteNumber("restMs", time.RestMs);
        writer.WriteNumber("tokens", time.Tokens);
    });

    /// <summary>The line that says why a turn failed.</summary>
    public static string Failed(string error) => Write(writer => writer.WriteString("error", error));

    /// <summary>The version in the first line.</summary>
    /// <exception cref="PeerException">It is no such line.</exception>
    public static string ParseReady(string line) => Parse(line, root =>
        root.TryGetProperty("ready", out var ready) && ready.ValueKind == JsonValueKind.True && root.TryGetProperty("version", out var version) ? version.GetString() : null);

    /// <summary>The turn that is asked for.</summary>
    /// <exception cref="PeerException">It is no such line.</exception>
    public static Turn ParseAsk(string line) => Parse(line, root => new Turn(
        [.. root.GetProperty("prompts").EnumerateArray().Select(prompt => prompt.EnumerateArray().Select(token => token.GetInt32()).ToArray())],
        root.GetProperty("answer").GetInt32(),
        root.GetProperty("threads").GetInt32(),
        root.GetProperty("reuse").GetBoolean()) is { Prompts.Count: > 0, Answer: > 0, Threads: > 0 } turn && turn.Prompts.All(prompt => prompt.Length > 0) ? turn : null);

    /// <summary>How long the turn took.</summary>
    /// <exception cref="PeerException">The peer says that it failed, or the line says nothing of the kind.</exception>
    public static TurnTime ParseDone(string line) => Parse(line, root =>
    {
        if (root.TryGetProperty("error", out var error))
            throw new PeerException(error.ToString());
        return new TurnTime(root.GetProperty("firstMs").GetDouble(), root.GetProperty("restMs").GetDouble(), root.GetProperty("tokens").GetInt32())
            is { FirstMs: >= 0, RestMs: >= 0, Tokens: >= 0 } time ? (TurnTime?)time : null;
    })!.Value;

    private static T Parse<T>(string line, Func<JsonElement, T?> read)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            if (document.RootElement.ValueKind == JsonValueKind.Object && read(document.RootElement) is { } value)
                return value;
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new PeerException($"not a line of the kind that was awaited: {Shorten(line)}", exception);
        }

        throw new PeerException($"not a line of the kind that was awaited: {Shorten(line)}");
    }

    private static string Shorten(string line) => line.Length <= 200 ? line : $"{line[..200]}…";

    private static string Write(Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }
}
