using System.Text.Json;
using Kvasir.Models;

namespace Kvasir.Engine.Conversations.Formats;

/// <summary>Finds out what a template does by rendering with it.</summary>
internal static class TemplateProbe
{
    private const string Tool = "kvasir_probe";
    private const string Called = "kvprobe";

    private static readonly ChatMessage Question = new("user", "?");
    private static readonly JsonElement Arguments = Parse("""{"value":1}""");
    private static readonly ChatTool[] Tools =
        [new(Tool, "A function", Parse("""{"type":"object","properties":{"value":{"type":"integer","description":"A number"}},"required":["value"]}"""))];

    /// <summary>Whether the template shows functions to the model.</summary>
    /// <remarks>A template that refuses the conversation is given the benefit of the doubt: it may want it otherwise.</remarks>
    public static bool ShowsTools(ChatTemplate template) =>
        template.Source.Contains("tools", StringComparison.Ordinal) && Render(template, [Question])?.Contains(Tool, StringComparison.Ordinal) != false;

    /// <summary>Whether it shows calls of earlier turns.</summary>
    public static bool ShowsCalls(ChatTemplate template) => Render(template, Conversation(1))?.Contains(Called, StringComparison.Ordinal) != false;

    /// <summary>Whether the template refuses several calls in one message, but not one.</summary>
    public static bool RefusesSeveralCalls(ChatTemplate template) =>
        Render(template, Conversation(1)) is not null && Render(template, Conversation(2)) is null;

    private static List<ChatMessage> Conversation(int calls)
    {
        var ids = Enumerable.Range(0, calls).Select(i => $"{Called}0{i}").ToList();
        return
        [
            Question, new ChatMessage("assistant", null) { ToolCalls = [.. ids.Select(id => new ChatToolCall(id, Called, Arguments))] },
            .. ids.Select(id => new ChatMessage("tool", "1") { ToolCallId = id, Name = Called }),
        ];
    }

    private static string? Render(ChatTemplate template, IReadOnlyList<ChatMessage> messages)
    {
        try
        {
            return template.Render(messages, addGenerationPrompt: true, variables: null, Tools);
        }
        catch (ChatTemplateException)
        {
            return null;
        }
    }

    private static JsonElement Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
