using System.Runtime.CompilerServices;
using System.Text;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sampling;
using Microsoft.Extensions.AI;
using ModelMessage = Kvasir.Models.ChatMessage;

namespace Kvasir.Engine.Chat;

/// <summary>A <see cref="KvasirEngine"/> as the chat client of Microsoft.Extensions.AI. Does not own the engine unless told so.</summary>
/// <remarks>
/// Temperature, top-p, top-k, penalties, seed, stop sequences and the limit of output tokens are taken from <see cref="ChatOptions"/>;
/// without a temperature answers are greedy. Tools and response formats are not supported yet and are refused. The usage's
/// <c>kvasir.reusedTokens</c> says how many prompt tokens were found in the KV cache.
/// </remarks>
public sealed class KvasirChatClient : IChatClient
{
    /// <summary>Name of the count of reused prompt tokens in <see cref="UsageDetails.AdditionalCounts"/>.</summary>
    public const string ReusedTokens = "kvasir.reusedTokens";

    private readonly KvasirEngine _engine;
    private readonly bool _ownsEngine;
    private readonly ChatClientMetadata _metadata;

    /// <summary>Makes a client.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="ownsEngine">True to dispose the engine with the client.</param>
    public KvasirChatClient(KvasirEngine engine, bool ownsEngine = false)
    {
        _engine = engine;
        _ownsEngine = ownsEngine;
        _metadata = new ChatClientMetadata("kvasir", providerUri: null, engine.Model.Name);
    }

    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        using var generation = Submit(messages, options);
        var answer = await generation.Choices[0].CompleteAsync(cancellationToken).ConfigureAwait(false);
        return new ChatResponse(new ChatMessage(ChatRole.Assistant, answer.Text))
        {
            ModelId = _engine.Model.Name,
            FinishReason = Finish(answer.Finish),
            Usage = Usage(answer.Statistics),
        };
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var generation = Submit(messages, options);
        var choice = generation.Choices[0];
        var id = Guid.NewGuid().ToString("N");
        await foreach (var text in choice.ReadTextAsync(cancellationToken).ConfigureAwait(false))
            yield return new ChatResponseUpdate(ChatRole.Assistant, text) { ResponseId = id, MessageId = id, ModelId = _engine.Model.Name };
        yield return new ChatResponseUpdate(ChatRole.Assistant, [new UsageContent(Usage(choice.Statistics!))])
        {
            ResponseId = id,
            MessageId = id,
            ModelId = _engine.Model.Name,
            FinishReason = Finish(choice.Finish!.Value),
        };
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

    private static ChatFinishReason Finish(FinishReason reason) => reason == FinishReason.Length ? ChatFinishReason.Length : ChatFinishReason.Stop;

    private static UsageDetails Usage(GenerationStatistics statistics) => new()
    {
        InputTokenCount = statistics.PromptTokens,
        OutputTokenCount = statistics.AnswerTokens,
        TotalTokenCount = statistics.PromptTokens + statistics.AnswerTokens,
        AdditionalCounts = new AdditionalPropertiesDictionary<long> { [ReusedTokens] = statistics.ReusedTokens },
    };

    private Generation Submit(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        if (options?.Tools is { Count: > 0 })
            throw new NotSupportedException("tools are not supported by this client yet; leave ChatOptions.Tools empty");
        if (options?.ResponseFormat is ChatResponseFormatJson)
            throw new NotSupportedException("JSON response formats are not supported by this client yet; leave ChatOptions.ResponseFormat empty");
        var conversation = new List<ModelMessage>();
        if (options?.Instructions is { Length: > 0 } instructions)
            conversation.Add(new ModelMessage(ChatRole.System.Value, instructions));
        foreach (var message in messages)
            conversation.Add(new ModelMessage(message.Role.Value, Text(message)));
        return _engine.Submit(new GenerationRequest
        {
            Prompt = _engine.EncodeChat(conversation),
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

    private static string Text(ChatMessage message)
    {
        var text = new StringBuilder();
        foreach (var content in message.Contents)
        {
            if (content is not TextContent part)
                throw new NotSupportedException($"a message holds {content.GetType().Name}; this model reads text only");
            text.Append(part.Text);
        }

        return text.ToString();
    }
}
