namespace Kvasir.Models;

/// <summary>
/// The template that turns a conversation into the text that the model was trained on: Jinja, as Hugging Face's
/// <c>apply_chat_template</c> runs it. The template comes from a file and is bounded in steps, depth and characters.
/// Immutable; safe for concurrent use.
/// </summary>
public sealed class ChatTemplate
{
    /// <summary>Longer templates are refused.</summary>
    public const int MaxSourceChars = 256 * 1024;

    private readonly IReadOnlyList<JinjaStatement> _statements;
    private readonly string? _bosToken;
    private readonly string? _eosToken;
    private readonly TimeProvider _time;

    /// <param name="source">The template.</param>
    /// <param name="bosToken">What <c>bos_token</c> prints.</param>
    /// <param name="eosToken">What <c>eos_token</c> prints.</param>
    /// <param name="time">Clock of <c>strftime_now</c>; the system's when null.</param>
    /// <exception cref="ChatTemplateException">The template has a syntax error or uses a tag that is not supported.</exception>
    public ChatTemplate(string source, string? bosToken = null, string? eosToken = null, TimeProvider? time = null)
    {
        if (source.Length > MaxSourceChars)
            throw new ChatTemplateException($"it has {source.Length} characters; at most {MaxSourceChars} are read");
        Source = source;
        _bosToken = bosToken;
        _eosToken = eosToken;
        _time = time ?? TimeProvider.System;
        _statements = Guard(() => JinjaParser.Parse(source));
    }

    /// <summary>The template's text.</summary>
    public string Source { get; }

    /// <summary>The conversation as text, special tokens included.</summary>
    /// <param name="addGenerationPrompt">Whether the text ends with the beginning of an assistant's turn.</param>
    /// <param name="variables">
    /// Further variables (<c>tools</c>, <c>enable_thinking</c>): null, bool, number, string, or lists and string-keyed dictionaries of them.
    /// </param>
    /// <exception cref="ChatTemplateException">The template fails or refuses the messages.</exception>
    public string Render(
        IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt, IReadOnlyDictionary<string, object?>? variables = null)
    {
        var all = new OrderedDictionary<string, object?>
        {
            ["bos_token"] = _bosToken ?? (object)JinjaUndefined.Instance,
            ["eos_token"] = _eosToken ?? (object)JinjaUndefined.Instance,
        };
        foreach (var (name, value) in variables ?? new Dictionary<string, object?>())
            all[name] = Import(value, 0);
        all["messages"] = messages.Select(m => (object?)new OrderedDictionary<string, object?> { ["role"] = m.Role, ["content"] = m.Content }).ToList();
        all["add_generation_prompt"] = addGenerationPrompt;
        return Guard(() => JinjaInterpreter.Run(_statements, all, _time));
    }

    private static T Guard<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (InsufficientExecutionStackException e)
        {
            throw new ChatTemplateException("it is nested too deeply", e);
        }
    }

    private static object? Import(object? value, int depth)
    {
        if (depth > 64)
            throw new ChatTemplateException("a variable is nested deeper than 64");
        return value switch
        {
            null or bool or long or double or string => value,
            int n => (long)n,
            float f => (double)f,
            IEnumerable<KeyValuePair<string, object?>> map =>
                new OrderedDictionary<string, object?>(map.Select(p => KeyValuePair.Create(p.Key, Import(p.Value, depth + 1)))),
            System.Collections.IEnumerable items => items.Cast<object?>().Select(i => Import(i, depth + 1)).ToList(),
            _ => throw new ArgumentException($"a template variable of type {value.GetType().Name} is not supported"),
        };
    }
}
