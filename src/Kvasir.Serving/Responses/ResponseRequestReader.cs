using System.Text.Json;
using Kvasir.Engine.Conversations;
using Kvasir.Models;
using Kvasir.Serving.Chat;
using Kvasir.Serving.Hosting;
using Kvasir.Serving.Json;
using Kvasir.Serving.Requests;

namespace Kvasir.Serving.Responses;

/// <summary>Reads the body of <c>/v1/responses</c>. The server keeps no conversations, so each request brings the whole of its own.</summary>
internal static class ResponseRequestReader
{
    private const int MaxItems = 4096;

    /// <exception cref="Errors.ApiException">A field is missing, wrong, or asks for something that is kept.</exception>
    public static ChatCall Read(JsonFields body, ModelService model)
    {
        foreach (var kept in (ReadOnlySpan<string>)["previous_response_id", "conversation", "prompt"])
        {
            if (body.TryGet(kept, out _))
                throw body.Invalid(kept, "is not supported: the server keeps no conversations; send all items in input");
        }

        if (body.Flag("background") ?? false)
            throw body.Invalid("background", "is not supported; leave it out and wait for the answer, or stream it");
        var format = body.Object("text")?.Object("format") is { } text ? AnswerFormat.Typed(text) : null;
        var effort = body.Object("reasoning")?.OneOf("effort", "none", "minimal", "low", "medium", "high", "xhigh");
        var marks = new MarkReader();
        var messages = Messages(body, marks);
        return new ChatCall
        {
            Conversation = new ConversationRequest
            {
                Messages = messages,
                Marked = marks.Marks,
                Tools = ToolReader.Tools(body, nested: false),
                ToolChoice = ToolReader.Choice(body, nested: false),
                ParallelToolCalls = body.Flag("parallel_tool_calls") ?? true,
                ResponseGrammar = format is null ? null : format.ToGrammar,
                ResponseGrammarKey = format?.Key,
                TemplateVariables = ToolReader.TemplateVariables(body, effort),
            },
            Sampling = SamplingFields.Read(body, model.Engine.Config.VocabSize),
            Kvasir = KvasirFields.Read(body),
            MaxTokens = body.Integer("max_output_tokens", 1, int.MaxValue),
        };
    }

    private static List<ChatMessage> Messages(JsonFields body, MarkReader marks)
    {
        if (!body.TryGet("input", out var input))
            throw body.Missing("input");
        var messages = new List<ChatMessage>();
        if (body.Text("instructions") is { Length: > 0 } instructions)
            messages.Add(new ChatMessage("system", instructions));
        if (input.ValueKind == JsonValueKind.String)
        {
            messages.Add(new ChatMessage("user", JsonFields.Read(input, "input")));
            return messages;
        }

        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        var reasoning = (string?)null;
        foreach (var (value, path) in body.Array("input", MaxItems)!)
            Add(messages, new JsonFields(value, path), names, marks, ref reasoning);
        if (messages.Count == 0)
            throw body.Invalid("input", "is empty; send at least one item");
        return messages;
    }

    private static void Add(List<ChatMessage> messages, JsonFields item, Dictionary<string, string> names, MarkReader marks, ref string? reasoning)
    {
        switch (item.OneOf("type", "message", "function_call", "function_call_output", "reasoning"))
        {
            case "function_call":
                var (id, name) = (item.RequireText("call_id"), item.RequireText("name"));
                names[id] = name;
                AddCall(messages, new ChatToolCall(id, name, MessageReader.Arguments(item, "arguments")), reasoning);
                reasoning = null;
                break;
            case "function_call_output":
                var call = item.RequireText("call_id");
                messages.Add(new ChatMessage("tool", MessageReader.Content(item, "output", marks, messages.Count) ?? throw item.Missing("output"))
                {
                    ToolCallId = call,
                    Name = names.GetValueOrDefault(call),
                });
                break;
            case "reasoning":
                reasoning = Reasoning(item);
                break;
            default:
                item.RequireText("role");
                var role = item.OneOf("role", "system", "developer", "user", "assistant")!;
                messages.Add(new ChatMessage(role, MessageReader.Content(item, "content", marks, messages.Count) ?? throw item.Missing("content"))
                {
                    ReasoningContent = role == "assistant" ? reasoning : null,
                });
                reasoning = null;
                break;
        }
    }

    /// <summary>Calls that follow each other, or a message of the assistant, are of one message.</summary>
    private static void AddCall(List<ChatMessage> messages, ChatToolCall call, string? reasoning)
    {
        if (messages is [.., { Role: "assistant" } last])
            messages[^1] = last with { ToolCalls = [.. last.ToolCalls, call] };
        else
            messages.Add(new ChatMessage("assistant", null) { ToolCalls = [call], ReasoningContent = reasoning });
    }

    private static string? Reasoning(JsonFields item)
    {
        var texts = (item.Array("content", MaxItems) ?? []).Select(part => new JsonFields(part.Value, part.Path).Text("text"));
        var text = string.Concat(texts);
        return text.Length > 0 ? text : null;
    }
}
