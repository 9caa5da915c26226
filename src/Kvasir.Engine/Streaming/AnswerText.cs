using System.Runtime.InteropServices;
using System.Text;
using Kvasir.Engine.Sampling;
using Kvasir.Models;

namespace Kvasir.Engine.Streaming;

/// <summary>
/// Turns an answer's tokens into text as they come. Bytes that may still become part of a stop string, and incomplete UTF-8
/// sequences, are held back.
/// </summary>
internal sealed class AnswerText(Tokenizer tokenizer, IReadOnlyList<string> stops, IReadOnlySet<int>? keepSpecialTokens = null)
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly StopMatcher? _stop = stops.Count > 0 ? new StopMatcher(stops) : null;
    private readonly List<byte> _held = [];
    private char[] _chars = new char[64];
    private long _fed;

    /// <summary>Adds a token; returns the text that is certain now, often empty.</summary>
    public string Feed(int token)
    {
        var bytes = tokenizer.TextBytes(token, keepSpecialTokens);
        _held.AddRange(bytes);
        _fed += bytes.Length;
        if (_stop is null)
            return Take(_held.Count, flush: false);
        if (_stop.StopAt >= 0)
            return "";
        return _stop.Feed(bytes) ? Cut() : Take(_held.Count - _stop.PendingBytes, flush: false);
    }

    /// <summary>Ends the answer; returns what was held back and belongs to it.</summary>
    public string Finish() => _stop is { StopAt: >= 0 } ? Take(0, flush: true) : Take(_held.Count, flush: true);

    /// <summary>A stop string is complete: only the bytes before it belong to the answer.</summary>
    private string Cut()
    {
        // Counted from what was fed: the matcher stops inside the token, where the stop string is complete.
        var heldFrom = _fed - _held.Count;
        return Take((int)(_stop!.StopAt - heldFrom), flush: false);
    }

    private string Take(int count, bool flush)
    {
        count = Math.Max(0, count);
        var bytes = CollectionsMarshal.AsSpan(_held)[..count];
        var needed = _decoder.GetCharCount(bytes, flush);
        if (needed > _chars.Length)
            _chars = new char[needed * 2];
        var written = _decoder.GetChars(bytes, _chars, flush);
        _held.RemoveRange(0, count);
        return new string(_chars, 0, written);
    }
}
