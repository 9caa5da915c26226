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
        char breaker = FreeCharacter(seen => ChatTemplate.Import(messages, variables, tools, seen));
        var specials = tokenizer.SpecialTexts.Where(s => s.Length > 1).ToArray();
        string text = template.Render(messages, addGenerationPrompt, variables, tools, s => Break(s, specials, breaker));
        return tokenizer.Encode(text, parseSpecial: true, breaker);
    }

    // Every text is shown once; what is in none of them is free.
    private static char FreeCharacter(Action<Func<string, string>> show)
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
        for (char c = FirstPrivate; c <= LastPrivate; c++)
        {
            if (!used.Contains(c))
                return c;
        }

        throw new ArgumentException("the messages use every character of the private use area; none is left to mark special tokens with");
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
