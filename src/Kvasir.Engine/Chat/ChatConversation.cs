using System.Text;
using System.Text.Json;
using Kvasir.Engine.Conversations;
using Kvasir.Grammars;
using Kvasir.Models;
using Microsoft.Extensions.AI;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;
using ModelMessage = Kvasir.Models.ChatMessage;

namespace Kvasir.Engine.Chat;

/// <summary>Conversations of Microsoft.Extensions.AI as the engine's own.</summary>
internal static class ChatConversation
{
    private const string Strict = "strict";

    // Objects that do not say whether they are open are closed, which keeps a model to what was asked for.
    private static readonly JsonSchemaOptions ResponseSchema = new() { Lenient = true, AdditionalPropertiesByDefault = false };

    /// <exception cref="NotSupportedException">A message or an option asks for what the model cannot do.</exception>
    public static ConversationRequest Create(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        var conversation = new List<ModelMessage>();
        if (options?.Instructions is { Length: > 0 } instructions)
            conversation.Add(new ModelMessage(ChatRole.System.Value, instructions));
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var message in messages)
            Add(conversation, message, names);
        var request = new ConversationRequest
        {
            Messages = conversation,
            Tools = options?.Tools is { } tools ? [.. tools.Select(Definition)] : [],
            ToolChoice = Choice(options?.ToolMode),
            ParallelToolCalls = options?.AllowMultipleToolCalls ?? true,
            TemplateVariables = Variables(options),
        };
        if (options?.ResponseFormat is not ChatResponseFormatJson json)
            return request;
        return json.Schema is { } schema
            ? request with { ResponseGrammar = () => Grammar.FromJsonSchema(schema, ResponseSchema), ResponseGrammarKey = "schema " + schema.GetRawText() }
            : request with { ResponseGrammar = Grammar.JsonObject, ResponseGrammarKey = "json" };
    }

    /// <summary>A call of the model.</summary>
    public static FunctionCallContent Call(ChatToolCall call)
    {
        var arguments = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var argument in call.Arguments.EnumerateObject())
            arguments[argument.Name] = argument.Value;
        return new FunctionCallContent(call.Id ?? "", call.Name, arguments);
    }

    private static IReadOnlyDictionary<string, object?>? Variables(ChatOptions? options) =>
        options?.AdditionalProperties is { } properties
            && properties.TryGetValue(KvasirChatClient.TemplateVariables, out IReadOnlyDictionary<string, object?>? variables)
            ? variables
            : null;

    private static ToolDefinition Definition(AITool tool) => tool is AIFunctionDeclaration function
        ? new ToolDefinition(
            function.Name,
            string.IsNullOrEmpty(function.Description) ? null : function.Description,
            function.JsonSchema,
            function.AdditionalProperties.TryGetValue(Strict, out var strict) && strict is true)
        : throw new NotSupportedException($"the tool {tool.Name} is a {tool.GetType().Name}; only functions are supported");

    private static ToolChoice Choice(ChatToolMode? mode) => mode switch
    {
        NoneChatToolMode => ToolChoice.None,
        RequiredChatToolMode { RequiredFunctionName: { } name } => ToolChoice.Named(name),
        RequiredChatToolMode => ToolChoice.Required,
        _ => ToolChoice.Auto,
    };

    private static void Add(List<ModelMessage> conversation, ChatMessage message, Dictionary<string, string> names)
    {
        var text = new StringBuilder();
        var reasoning = new StringBuilder();
        var calls = new List<ChatToolCall>();
        var others = 0;
        foreach (var content in message.Contents)
        {
            switch (content)
            {
                case TextContent part:
                    text.Append(part.Text);
                    break;
                case TextReasoningContent part:
                    reasoning.Append(part.Text);
                    break;
                case FunctionCallContent call:
                    names[call.CallId] = call.Name;
                    var arguments = call.Arguments ?? new Dictionary<string, object?>();
                    calls.Add(new ChatToolCall(call.CallId, call.Name, Element(arguments, typeof(IDictionary<string, object?>))));
                    break;
                case FunctionResultContent result:
                    others++;
                    conversation.Add(new ModelMessage(ChatRole.Tool.Value, Result(result.Result))
                    {
                        ToolCallId = result.CallId,
                        Name = names.GetValueOrDefault(result.CallId),
                    });
                    break;
                case UsageContent:
                    break;
                default:
                    throw new NotSupportedException($"a message holds {content.GetType().Name}; this model reads text only");
            }
        }

        if (others > 0 && text.Length == 0 && calls.Count == 0)
            return;
        conversation.Add(new ModelMessage(message.Role.Value, text.Length == 0 && calls.Count > 0 ? null : text.ToString())
        {
            ReasoningContent = reasoning.Length > 0 ? reasoning.ToString() : null,
            ToolCalls = calls,
        });
    }

    private static string Result(object? result) => result switch
    {
        null => "",
        string text => text,
        JsonElement { ValueKind: JsonValueKind.String } text => text.GetString()!,
        TextContent text => text.Text,
        _ => Element(result, result.GetType()).GetRawText(),
    };

    private static JsonElement Element(object value, Type type) =>
        JsonSerializer.SerializeToElement(value, AIJsonUtilities.DefaultOptions.GetTypeInfo(type));
}
