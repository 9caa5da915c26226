using System.Text;

namespace Kvasir.Models;

/// <summary>
/// Two characters that stand around marked parts of messages while a conversation is rendered, so that the parts are found again in what
/// the template wrote. They are in none of the texts, and in no prompt.
/// </summary>
/// <param name="Start">Stands before a part.</param>
/// <param name="End">Stands behind it.</param>
public readonly record struct ChatMarks(char Start, char End)
{
    /// <summary>Marks that occur nowhere in a conversation.</summary>
    /// <exception cref="ArgumentException">The conversation uses every character of the private use area.</exception>
    public static ChatMarks Choose(
        IReadOnlyList<ChatMessage> messages, IReadOnlyDictionary<string, object?>? variables = null, IReadOnlyList<ChatTool>? tools = null)
    {
        var free = ChatPrompt.FreeCharacters(2, seen => ChatTemplate.Import(messages, variables, tools, seen));
        return new ChatMarks(free[0], free[1]);
    }

    /// <summary>
    /// Appends a text with marks around it. White space at its ends stays outside of them, because templates trim it or not, depending on where
    /// the text stands; what is nothing but white space gets no marks.
    /// </summary>
    public void AppendAround(StringBuilder output, ReadOnlySpan<char> text)
    {
        var trimmed = text.Trim();
        if (trimmed.IsEmpty)
        {
            output.Append(text);
            return;
        }

        var before = text.Length - text.TrimStart().Length;
        output.Append(text[..before]).Append(Start).Append(trimmed).Append(End).Append(text[(before + trimmed.Length)..]);
    }

    /// <summary>A text without the marks.</summary>
    public string Remove(string text) =>
        text.Replace(Start.ToString(), "", StringComparison.Ordinal).Replace(End.ToString(), "", StringComparison.Ordinal);
}
