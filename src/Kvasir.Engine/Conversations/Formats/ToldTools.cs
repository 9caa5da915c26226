using System.Text;
using Kvasir.Engine.Conversations.Calls;
using Kvasir.Engine.Conversations.Parsing;
using Kvasir.Models;

namespace Kvasir.Engine.Conversations.Formats;

/// <summary>
/// Conversations with functions for models whose template knows none: the functions stand in the system message, calls and results in the
/// text.
/// </summary>
internal static class ToldTools
{
    /// <summary>The messages without fields that the template would not show.</summary>
    public static List<ChatMessage> Rewrite(IReadOnlyList<ChatMessage> messages, IReadOnlyList<ToolDefinition> tools)
    {
        var result = new List<ChatMessage>();
        if (tools.Count > 0)
        {
            var system = messages is [{ Role: "system" } first, ..] ? first.Content : null;
            result.Add(new ChatMessage("system", string.IsNullOrEmpty(system) ? Describe(tools) : $"{system}\n\n{Describe(tools)}"));
            messages = system is null ? messages : [.. messages.Skip(1)];
        }

        foreach (var message in messages)
        {
            if (message.Role == "tool")
                AddResult(result, message.Content ?? "");
            else
                result.Add(WithCalls(message, CallFormats.Generic.Calls));
        }

        return result;
    }

    /// <summary>The message with its calls in the text.</summary>
    public static ChatMessage WithCalls(ChatMessage message, CallSyntax syntax)
    {
        if (message.ToolCalls.Count == 0)
            return message;
        var calls = syntax.Write(message.ToolCalls);
        return message with { Content = string.IsNullOrEmpty(message.Content) ? calls : $"{message.Content}\n{calls}", ToolCalls = [] };
    }

    /// <summary>The messages with the system's in front of the first user's, for templates that refuse a system message.</summary>
    public static List<ChatMessage> WithoutSystem(IReadOnlyList<ChatMessage> messages)
    {
        if (messages is not [{ Role: "system" } system, { Role: "user" } user, ..])
            return [.. messages];
        return [user with { Content = $"{system.Content}\n\n{user.Content}" }, .. messages.Skip(2)];
    }

    private static string Describe(IReadOnlyList<ToolDefinition> tools)
    {
        var text = new StringBuilder("You can call functions. These are the functions, each with its parameters as a JSON schema:\n<tools>\n");
        foreach (var tool in tools)
        {
            text.Append("{\"name\": ").Append(JsonQuote.Quote(tool.Name));
            if (tool.Description is { } description)
                text.Append(", \"description\": ").Append(JsonQuote.Quote(description));
            text.Append(", \"parameters\": ").Append(tool.Parameters?.GetRawText() ?? "{}").Append("}\n");
        }

        return text.Append(
            "</tools>\nTo call a function, write nothing but its name and arguments as a JSON object between tags, one pair of tags a call:\n"
            + "<tool_call>\n{\"name\": \"NAME\", \"arguments\": {\"PARAMETER\": VALUE}}\n</tool_call>\n"
            + "Its result comes in the next message. If no function is needed, answer in plain text.").ToString();
    }

    // Results that follow each other are one message: many templates want users and assistants to take turns.
    private static void AddResult(List<ChatMessage> messages, string content)
    {
        var result = $"<tool_response>\n{content}\n</tool_response>";
        if (messages is [.., { Role: "user" } last] && last.Content!.EndsWith("</tool_response>", StringComparison.Ordinal))
            messages[^1] = last with { Content = $"{last.Content}\n{result}" };
        else
            messages.Add(new ChatMessage("user", result));
    }
}
