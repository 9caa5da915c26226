using System.Text.Json;
using Kvasir.Models;

namespace Kvasir.Engine.Conversations.Formats;

/// <summary>Finds out what a template does by rendering with it.</summary>
internal static class TemplateProbe
{
    private const string Name = "kvasir_probe";

    /// <summary>Whether the template shows functions and their calls to the model.</summary>
    public static bool ShowsTools(ChatTemplate template)
    {
        using var arguments = JsonDocument.Parse("{\"value\":1}");
        using var schema = JsonDocument.Parse("""{"type":"object","properties":{"value":{"type":"integer","description":"A number"}},"required":["value"]}""");
        var question = new ChatMessage("user", "?");
        var call = new ChatMessage("assistant", null) { ToolCalls = [new ChatToolCall("probe0000", Name, arguments.RootElement)] };
        var result = new ChatMessage("tool", "1") { ToolCallId = "probe0000", Name = Name };
        ChatTool[] tools = [new ChatTool(Name, "A function", schema.RootElement)];
        return Shows(template, [question], tools) && Shows(template, [question, call, result], null);
    }

    // A template that refuses the conversation is given the benefit of the doubt: it may want it otherwise.
    private static bool Shows(ChatTemplate template, IReadOnlyList<ChatMessage> messages, IReadOnlyList<ChatTool>? tools)
    {
        try
        {
            return template.Render(messages, addGenerationPrompt: true, variables: null, tools).Contains(Name, StringComparison.Ordinal);
        }
        catch (ChatTemplateException)
        {
            return template.Source.Contains("tools", StringComparison.Ordinal);
        }
    }
}
