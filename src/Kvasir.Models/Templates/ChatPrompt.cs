namespace Kvasir.Models;

/// <summary>
/// Conversations to tokens. Only the template may write special tokens: text in a message that looks like one
/// (<c>&lt;|end|&gt;</c>) stays text, so that a user cannot end his turn and begin the system's. So do names, arguments and results of
/// functions, their descriptions, and template variables.
/// </summary>
/// <remarks>
/// A character from the private use area that occurs in no message is set into every such look-alike before rendering (and beside
/// a part of one at the edge of a content), so that the tokenizer does not see a special token there; it is removed again before
/// words are merged. Templates that trim, split or compare contents therefore still see what they expect. Roles are taken as they
/// are: a server lets only the roles of its protocol in.
/// </remarks>
public static class ChatPrompt
{
    private const char FirstPrivate = '\uE000';
    private const char LastPrivate = '\uF8FF';

    /// <summary>The tokens of a conversation.</summary>
    /// <param name="variables">As in <see cref="ChatTemplate"/>'s rendering.</param>
    /// <param name="parseSpecialInContents">Whether special tokens written in messages count; only for trusted text.</param>
    /// <param name="tools">The functions that the template describes.</param>
    /// <exception cref="ChatTemplateException">The template fails or refuses the messages.</exception>
    public static int[] Tokenize(
        Tokenizer tokenizer,
        ChatTemplate template,
        IReadOnlyList<ChatMessage> messages,
        bool addGenerationPrompt,
        IReadOnlyDictionary<string, object?>? variables = null,
        bool parseSpecialInContents = false,
        IReadOnlyList<ChatTool>? tools = null)
    {
        if (parseSpecialInContents)
            return tokenizer.Encode(template.Render(messages, addGenerationPrompt, variables, tools));
        char breaker = FreeCharacters(1, seen => ChatTemplate.Import(messages, variables, tools, seen))[0];
        var specials = tokenizer.SpecialTexts.Where(s => s.Length > 1).ToArray();
        string text = template.Render(messages, addGenerationPrompt, variables, tools, s => Break(s, specials, breaker));
        return tokenizer.Encode(text, parseSpecial: true, breaker);
    }

    /// <summary>The tokens of a conversation with marked parts: each part is tokenised on its own, and so is what stands between them.</summary>
    /// <param name="marks">The characters around the parts in the messages' contents.</param>
    /// <remarks>
    /// Tokens at the border of two texts depend on both, so a part that is tokenised together with its surroundings would be another one in
    /// each prompt. When the template does anything with a content that it would not do without the marks (it compares, cuts or escapes
    /// it), no part is found, and the prompt is that of the plain messages.
    /// </remarks>
    /// <exception cref="ChatTemplateException">The template fails or refuses the messages.</exception>
    public static MarkedPrompt Tokenize(
        Tokenizer tokenizer,
        ChatTemplate template,
        IReadOnlyList<ChatMessage> messages,
        ChatMarks marks,
        bool addGenerationPrompt,
        IReadOnlyDictionary<string, object?>? variables = null,
        IReadOnlyList<ChatTool>? tools = null)
    {
        IReadOnlyList<ChatMessage> plain = [.. messages.Select(message => message.Content is { } content ? message with { Content = marks.Remove(content) } : message)];
        var breaker = FreeCharacters(1, seen => ChatTemplate.Import(messages, variables, tools, seen))[0];
        var specials = tokenizer.SpecialTexts.Where(s => s.Length > 1).ToArray();
        var unmarked = Render(plain);
        var marked = Render(messages);
        if (WithoutBreaker(marks.Remove(marked)) != WithoutBreaker(unmarked) || !TryCut(marked, marks, out var pieces))
            return new MarkedPrompt(tokenizer.Encode(unmarked, parseSpecial: true, breaker), []);
        var tokens = new List<int>();
        var parts = new List<(int Start, int Length)>();
        foreach (var (piece, isPart) in pieces)
        {
            var start = tokens.Count;
            tokens.AddRange(tokenizer.Encode(piece, parseSpecial: true, breaker));
            if (isPart && tokens.Count > start)
                parts.Add((start, tokens.Count - start));
        }

        return new MarkedPrompt([.. tokens], parts);

        string Render(IReadOnlyList<ChatMessage> all) => template.Render(all, addGenerationPrompt, variables, tools, s => Break(s, specials, breaker));

        string WithoutBreaker(string text) => text.Replace(breaker.ToString(), "", StringComparison.Ordinal);
    }

    /// <summary>Characters of the private use area that are in none of the texts.</summary>
    /// <param name="count">How many.</param>
    /// <param name="show">Shows every text once.</param>
    internal static char[] FreeCharacters(int count, Action<Func<string, string>> show)
    {
        var used = new HashSet<char>();
        show(text =>
        {
            foreach (char c in text)
            {
                if (c is >= FirstPrivate and <= LastPrivate)
                    used.Add(c);
            }

            return text;
        });
        var free = new List<char>(count);
        for (char c = FirstPrivate; c <= LastPrivate && free.Count < count; c++)
        {
            if (!used.Contains(c))
                free.Add(c);
        }

        return free.Count == count
            ? [.. free]
            : throw new ArgumentException("the messages use every character of the private use area; none is left to mark special tokens and parts with");
    }

    // Text between marks is a part, the rest is not; false when the marks do not come in pairs.
    private static bool TryCut(string text, ChatMarks marks, out List<(string Text, bool IsPart)> pieces)
    {
        pieces = [];
        var begin = 0;
        var inside = false;
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] != marks.Start && text[at] != marks.End)
                continue;
            if (text[at] == marks.Start == inside)
                return false;
            pieces.Add((text[begin..at], inside));
            (begin, inside) = (at + 1, !inside);
        }

        pieces.Add((text[begin..], false));
        return !inside;
    }

    private static string Break(string content, string[] specials, char breaker)
    {
        string result = content;
        foreach (string special in specials)
            result = result.Replace(special, special[..1] + breaker + special[1..], StringComparison.Ordinal);
        if (specials.Any(s => EndsWithPart(content, s)))
            result += breaker;
        if (specials.Any(s => StartsWithPart(content, s)))
            result = breaker + result;
        return result;
    }

    private static bool EndsWithPart(string content, string special)
    {
        for (int length = Math.Min(special.Length - 1, content.Length); length > 0; length--)
        {
            if (content.AsSpan().EndsWith(special.AsSpan(0, length), StringComparison.Ordinal))
                return true;
        }

        return false;
    }

    private static bool StartsWithPart(string content, string special)
    {
        for (int start = Math.Max(1, special.Length - content.Length); start < special.Length; start++)
        {
            if (content.AsSpan().StartsWith(special.AsSpan(start), StringComparison.Ordinal))
                return true;
        }

        return false;
    }
}
