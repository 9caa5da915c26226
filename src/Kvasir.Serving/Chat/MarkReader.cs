using Kvasir.Engine.Blending;
using Kvasir.Engine.Conversations;
using Kvasir.Serving.Errors;
using Kvasir.Serving.Json;

namespace Kvasir.Serving.Chat;

/// <summary>Collects the parts of messages that a request marks as reusable: <c>"kvasir": {"cache": true}</c> or <c>"kvasir.cache": true</c>.</summary>
internal sealed class MarkReader
{
    private readonly List<MarkedText> _marks = [];

    /// <summary>What was marked so far, in order.</summary>
    public IReadOnlyList<MarkedText> Marks => _marks;

    /// <summary>Reads the mark of a content's part.</summary>
    /// <param name="part">The part.</param>
    /// <param name="message">Number of its message.</param>
    /// <param name="start">Where its text begins in the message's content.</param>
    /// <param name="length">Characters of its text.</param>
    /// <exception cref="ApiException">The mark is of another type, or there are too many.</exception>
    public void Read(JsonFields part, int message, int start, int length)
    {
        if (!(part.Object("kvasir")?.Flag("cache") ?? part.Flag("kvasir.cache") ?? false))
            return;
        if (_marks.Count == BlendRequest.MaxParts)
            throw part.Invalid("kvasir.cache", $"marks more than {BlendRequest.MaxParts} parts; mark fewer, larger ones");
        _marks.Add(new MarkedText(message, start, length));
    }
}
