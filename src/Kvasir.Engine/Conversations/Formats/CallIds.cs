using System.Security.Cryptography;
using System.Text;
using Kvasir.Models;

namespace Kvasir.Engine.Conversations.Formats;

/// <summary>Ids of calls.</summary>
internal static class CallIds
{
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private const int ShortLength = 9;

    /// <summary>A new id, which nobody guesses.</summary>
    public static string New() => "call_" + RandomNumberGenerator.GetString(Letters, 24);

    /// <summary>A new id of nine letters and digits.</summary>
    public static string NewShort() => RandomNumberGenerator.GetString(Letters, ShortLength);

    /// <summary>The messages with every id in nine letters and digits, as Mistral's templates want; equal ids stay equal.</summary>
    public static IReadOnlyList<ChatMessage> Shorten(IReadOnlyList<ChatMessage> messages) => [.. messages.Select(m => m with
    {
        ToolCallId = m.ToolCallId is { } id ? Short(id) : null,
        ToolCalls = [.. m.ToolCalls.Select((c, i) => c with { Id = Short(c.Id ?? $"{c.Name}:{i}") })],
    })];

    /// <summary>The messages with every id as <c>functions.NAME:NUMBER</c>, as Kimi's template wants; pairs stay pairs.</summary>
    public static IReadOnlyList<ChatMessage> Number(IReadOnlyList<ChatMessage> messages)
    {
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        var count = 0;
        var result = new List<ChatMessage>();
        foreach (var message in messages)
        {
            var calls = new List<ChatToolCall>();
            foreach (var call in message.ToolCalls)
            {
                var id = $"functions.{call.Name}:{count++}";
                if (call.Id is { } old)
                    ids[old] = id;
                calls.Add(call with { Id = id });
            }

            var of = message.ToolCallId is { } given ? ids.GetValueOrDefault(given, given) : null;
            result.Add(message with { ToolCalls = calls, ToolCallId = of });
        }

        return result;
    }

    private static string Short(string id)
    {
        if (id.Length == ShortLength && id.All(char.IsAsciiLetterOrDigit))
            return id;
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(id));
        return string.Concat(hash.Take(ShortLength).Select(b => Letters[b % Letters.Length]));
    }
}
