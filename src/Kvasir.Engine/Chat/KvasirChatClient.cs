using System.Runtime.CompilerServices;
using Kvasir.Engine.Conversations;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sampling;
using Kvasir.Grammars;
using Microsoft.Extensions.AI;

namespace Kvasir.Engine.Chat;

/// <summary>A <see cref="KvasirEngine"/> as the chat client of Microsoft.Extensions.AI. Does not own the engine unless told so.</summary>
/// <remarks>
/// Temperature, top-p, top-k, penalties, seed, stop sequences and the limit of output tokens are taken from <see cref="ChatOptions"/>;
/// without a temperature answers are greedy. Functions (<see cref="AIFunctionDeclaration"/>), tool modes and JSON response formats constrain the
/// answer; a function whose additional property <c>strict</c> is true must have a schema that can be enforced exactly. Functions are
/// called by <c>UseFunctionInvocation()</c> or by the caller. The usage's <c>kvasir.reusedTokens</c> says how many prompt tokens were found
/// in the KV cache.
/// </remarks>
public sealed class KvasirChatClient : IChatClient
{
    /// <summary>Name of the count of reused prompt tokens in <see cref="UsageDetails.AdditionalCounts"/>.</summary>
    public const string ReusedTokens = "kvasir.reusedTokens";

    /// <summary>
    /// Name of the variables of the chat template (an <c>IReadOnlyDictionary&lt;string, object?&gt;</c>) in
    /// <see cref="ChatOptions.AdditionalProperties"/>.
    /// </summary>
    public const string TemplateVariables = "chat_template_kwargs";

    private readonly KvasirEngine _engine;
    private readonly ConversationFormat _format;
    private readonly Lazy<GrammarCache> _grammars;
    private readonly bool _ownsEngine;
    private readonly ChatClientMetadata _metadata;

    /// <summary>Makes a client.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="ownsEngine">True to dispose the engine with the client.</param>
    public KvasirChatClient(KvasirEngine engine, bool ownsEngine = false)
    {
        _engine = engine;
        _ownsEngine = ownsEngine;
        _format = ConversationFormat.Detect(engine.Model);
        _grammars = new Lazy<GrammarCache>(() => new GrammarCache(_format.CreateVocabulary(engine.Config.VocabSize)));
        _metadata = new ChatClientMetadata("kvasir", providerUri: null, engine.Model.Name);
    }

    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var conversation = _format.Prepare(ChatConversation.Create(messages, options));
        using var generation = Submit(conversation, options);
        var answer = await generation.Choices[0].CompleteAsync(cancellationToken).ConfigureAwait(false);
        var parsed = conversation.Parse(answer.Text);
        var message = new ChatMessage(ChatRole.Assistant, [.. Contents(parsed)]);
        return new ChatResponse(message)
        {
            ModelId = _engine.Model.Name,
            FinishReason = Finish(answer.Finish, parsed.ToolCalls.Count > 0),
            Usage = Usage(answer.Statistics),
        };
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var conversation = _format.Prepare(ChatConversation.Create(messages, options));
        using var generation = Submit(conversation, options);
        var choice = generation.Choices[0];
        var id = Guid.NewGuid().ToString("N");
        var parser = conversation.CreateParser();
        var collector = new AnswerCollector();
        await foreach (var text in choice.ReadTextAsync(cancellationToken).ConfigureAwait(false))
        {
            foreach (var content in Contents(parser.Feed(text), collector))
                yield return Update(id, content);
        }

        foreach (var content in Contents(parser.Finish(), collector))
            yield return Update(id, content);
        var last = Update(id, new UsageContent(Usage(choice.Statistics!)));
        last.FinishReason = Finish(choice.Finish!.Value, collector.ToAnswer().ToolCalls.Count > 0);
        yield return last;
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        if (serviceKey is not null)
            return null;
        if (serviceType == typeof(ChatClientMetadata))
            return _metadata;
        if (serviceType.IsInstanceOfType(this))
            return this;
        return serviceType.IsInstanceOfType(_engine) ? _engine : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_ownsEngine)
            _engine.Dispose();
    }

    private static ChatFinishReason Finish(FinishReason reason, bool calls) =>
        reason == FinishReason.Length ? ChatFinishReason.Length : calls ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop;

    private static IEnumerable<AIContent> Contents(ParsedAnswer answer)
    {
        if (answer.Reasoning is { Length: > 0 } reasoning)
            yield return new TextReasoningContent(reasoning);
        if (answer.Text.Length > 0 || answer.ToolCalls.Count == 0)
            yield return new TextContent(answer.Text);
        foreach (var call in answer.ToolCalls)
            yield return ChatConversation.Call(call);
    }

    // Calls are given whole: what they invoke needs all arguments.
    private static IEnumerable<AIContent> Contents(IReadOnlyList<AnswerEvent> events, AnswerCollector collector)
    {
        foreach (var item in events)
        {
            if (collector.Add(item) is { } call)
                yield return ChatConversation.Call(call);
            else if (item.Kind is AnswerEventKind.Text or AnswerEventKind.ToolCallFailed)
                yield return new TextContent(item.Text);
            else if (item.Kind == AnswerEventKind.Reasoning)
                yield return new TextReasoningContent(item.Text);
        }
    }

    private ChatResponseUpdate Update(string id, AIContent content) =>
        new(ChatRole.Assistant, [content]) { ResponseId = id, MessageId = id, ModelId = _engine.Model.Name };

    private static UsageDetails Usage(GenerationStatistics statistics) => new()
    {
        InputTokenCount = statistics.PromptTokens,
        OutputTokenCount = statistics.AnswerTokens,
        TotalTokenCount = statistics.PromptTokens + statistics.AnswerTokens,
        AdditionalCounts = new AdditionalPropertiesDictionary<long> { [ReusedTokens] = statistics.ReusedTokens },
    };

    private Generation Submit(PreparedConversation conversation, ChatOptions? options)
    {
        return _engine.Submit(new GenerationRequest
        {
            Prompt = conversation.Prompt,
            Grammar = conversation.IsConstrained ? conversation.Compile(_grammars.Value) : null,
            KeepSpecialTokens = conversation.KeepSpecialTokens,
            MaxTokens = options?.MaxOutputTokens,
            StopStrings = options?.StopSequences is { } stops ? [.. stops] : [],
            Sampling = new SamplingOptions
            {
                Temperature = options?.Temperature ?? 0,
                TopP = options?.TopP ?? 1,
                TopK = options?.TopK ?? 0,
                FrequencyPenalty = options?.FrequencyPenalty ?? 0,
                PresencePenalty = options?.PresencePenalty ?? 0,
                Seed = unchecked((ulong)(options?.Seed ?? 0)),
            },
        });
    }
}
