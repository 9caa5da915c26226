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

    private const string None = "None";

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
    /// Further variables (<c>enable_thinking</c>): null, bool, number, string, <see cref="System.Text.Json.JsonElement"/>, or lists and
    /// string-keyed dictionaries of them.
    /// </param>
    /// <param name="tools">What <c>tools</c> lists; the variable is none when null.</param>
    /// <remarks>
    /// Messages, calls and functions have the fields of Hugging Face's <c>apply_chat_template</c>; a field without a value is undefined,
    /// except <c>content</c>. Arguments of calls are mappings and <c>tools</c> is none without functions; a template that fails so is tried
    /// once more with arguments as JSON text and without <c>tools</c>. Missing contents are none, or empty where a template fails on that or
    /// prints it.
    /// </remarks>
    /// <exception cref="ChatTemplateException">The template fails or refuses the messages.</exception>
    public string Render(
        IReadOnlyList<ChatMessage> messages,
        bool addGenerationPrompt,
        IReadOnlyDictionary<string, object?>? variables = null,
        IReadOnlyList<ChatTool>? tools = null) =>
        Render(messages, addGenerationPrompt, variables, tools, value => value);

    /// <param name="text">Applied to every text that comes from the messages, the functions and the variables.</param>
    internal string Render(
        IReadOnlyList<ChatMessage> messages,
        bool addGenerationPrompt,
        IReadOnlyDictionary<string, object?>? variables,
        IReadOnlyList<ChatTool>? tools,
        Func<string, string> text)
    {
        if (messages.All(m => m.Content is not null))
            return Attempt(messages, addGenerationPrompt, variables, tools, text);

        // Some templates want none where there is no text, some fail on it or print it.
        ChatMessage[] filled = [.. messages.Select(m => m with { Content = m.Content ?? "" })];
        string asIs;
        try
        {
            asIs = Attempt(messages, addGenerationPrompt, variables, tools, text);
        }
        catch (ChatTemplateException)
        {
            return Attempt(filled, addGenerationPrompt, variables, tools, text);
        }

        if (!asIs.Contains(None, StringComparison.Ordinal))
            return asIs;
        try
        {
            string withText = Attempt(filled, addGenerationPrompt, variables, tools, text);
            return Count(withText) < Count(asIs) ? withText : asIs;
        }
        catch (ChatTemplateException)
        {
            return asIs;
        }

        static int Count(string rendered) => rendered.AsSpan().Count(None);
    }

    private string Attempt(
        IReadOnlyList<ChatMessage> messages,
        bool addGenerationPrompt,
        IReadOnlyDictionary<string, object?>? variables,
        IReadOnlyList<ChatTool>? tools,
        Func<string, string> text)
    {
        bool calls = messages.Any(m => m.ToolCalls.Count > 0);
        try
        {
            return Run(messages, addGenerationPrompt, variables, tools, text, argumentsAsText: false, toolsDefined: true);
        }
        catch (ChatTemplateException) when (calls || tools is null)
        {
            try
            {
                return Run(messages, addGenerationPrompt, variables, tools, text, argumentsAsText: calls, toolsDefined: tools is not null);
            }
            catch (ChatTemplateException)
            {
                // The first failure is the one to tell.
            }

            throw;
        }
    }

    /// <summary>A template of a model file, or null where the file has none.</summary>
    /// <exception cref="ModelFormatException">The template cannot be read.</exception>
    internal static ChatTemplate? OfFile(string path, string? source, Tokenizer? tokenizer)
    {
        try
        {
            return source is null ? null : new ChatTemplate(source, tokenizer?.SpecialText(tokenizer.BosId), tokenizer?.SpecialText(tokenizer.EosId));
        }
        catch (ChatTemplateException e)
        {
            throw new ModelFormatException(path, e.Message, e);
        }
    }

    /// <summary>Shows <paramref name="seen"/> every text that a rendering would take from outside.</summary>
    internal static void Import(
        IReadOnlyList<ChatMessage> messages,
        IReadOnlyDictionary<string, object?>? variables,
        IReadOnlyList<ChatTool>? tools,
        Func<string, string> seen)
    {
        var import = new JinjaImport(seen, argumentsAsText: false);
        import.Messages(messages);
        import.Tools(tools ?? []);
        foreach (var (_, value) in variables ?? new Dictionary<string, object?>())
            import.Value(value);
    }

    private string Run(
        IReadOnlyList<ChatMessage> messages,
        bool addGenerationPrompt,
        IReadOnlyDictionary<string, object?>? variables,
        IReadOnlyList<ChatTool>? tools,
        Func<string, string> text,
        bool argumentsAsText,
        bool toolsDefined)
    {
        var all = new OrderedDictionary<string, object?>
        {
            ["bos_token"] = _bosToken ?? (object)JinjaUndefined.Instance,
            ["eos_token"] = _eosToken ?? (object)JinjaUndefined.Instance,
        };
        var import = new JinjaImport(text, argumentsAsText);
        foreach (var (name, value) in variables ?? new Dictionary<string, object?>())
            all[name] = import.Value(value);
        if (tools is not null)
            all["tools"] = import.Tools(tools);
        else if (toolsDefined)
            all.TryAdd("tools", null);
        all["messages"] = import.Messages(messages);
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
}
