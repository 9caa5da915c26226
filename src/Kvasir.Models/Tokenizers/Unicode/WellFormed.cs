using System.Text;

namespace Kvasir.Models;

/// <summary>Text in which every surrogate has its other half.</summary>
internal static class WellFormed
{
    /// <summary>The text itself, or a copy with U+FFFD for unpaired surrogates.</summary>
    public static string Text(string text)
    {
        int at = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF');
        if (at < 0)
            return text;
        StringBuilder? output = null;
        for (; at < text.Length; at++)
        {
            if (!char.IsSurrogate(text[at]))
                continue;
            if (char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]))
            {
                at++;
                continue;
            }

            output ??= new StringBuilder(text);
            output[at] = '\uFFFD';
        }

        return output?.ToString() ?? text;
    }
}
