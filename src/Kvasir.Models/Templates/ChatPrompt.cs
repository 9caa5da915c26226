namespace Kvasir.Models;

/// <summary>
/// Conversations to tokens. Only the template may write special tokens: text in a message that looks like one
/// (<c>&lt;|end|&gt;</c>) stays text, so that a user cannot end his turn and begin the system's.
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
    /// <param name="parseSpecialInContents">Whether special tokens written in messages count; only for trusted text.</param>
    /// <exception cref="ChatTemplateException">The template fails or refuses the messages.</exception>
    public static int[] Tokenize(
        Tokenizer tokenizer,
        ChatTemplate template,
        IReadOnlyList<ChatMessage> messages,
        bool addGenerationPrompt,
        IReadOnlyDictionary<string, object?>? variables = null,
        bool parseSpecialInContents = false)
    {
        if (parseSpecialInContents)
            return tokenizer.Encode(template.Render(messages, addGenerationPrompt, variables));
        char breaker = FreeCharacter(messages);
        var specials = tokenizer.SpecialTexts.Where(s => s.Length > 1).ToArray();
        var safe = messages.Select(m => new ChatMessage(m.Role, Break(m.Content, specials, breaker))).ToList();
        return tokenizer.Encode(template.Render(safe, addGenerationPrompt, variables), parseSpecial: true, breaker);
    }

    private static char FreeCharacter(IReadOnlyList<ChatMessage> messages)
    {
        for (char c = FirstPrivate; c <= LastPrivate; c++)
        {
            if (!messages.Any(m => m.Content.Contains(c)))
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
