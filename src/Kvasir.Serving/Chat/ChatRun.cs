using Kvasir.Engine.Conversations;
using Kvasir.Engine.Requests;
using Kvasir.Serving.Configuration;
using Kvasir.Serving.Hosting;
using Kvasir.Serving.Pipeline;
using Kvasir.Serving.Requests;

namespace Kvasir.Serving.Chat;

/// <summary>A chat under way: its conversation, its answers, what they report.</summary>
internal sealed class ChatRun : IDisposable
{
    private readonly ApiCall _call;
    private readonly ModelLease _lease;
    private readonly Generation _generation;
    private readonly PreparedConversation _conversation;
    private readonly PromptReuse _reuse;

    private ChatRun(ApiCall call, ModelLease lease, ChatCall chat, PreparedConversation conversation, PromptReuse reuse, Generation generation)
    {
        _call = call;
        _lease = lease;
        Chat = chat;
        _conversation = conversation;
        _reuse = reuse;
        _generation = generation;
        Report = new ReuseReport(lease, chat.Kvasir, conversation.Prompt);
    }

    public ChatCall Chat { get; }

    public ReuseReport Report { get; }

    public ModelService Service => _lease.Service;

    public IReadOnlyList<GenerationChoice> Choices => _generation.Choices;

    /// <summary>Begins a chat.</summary>
    /// <param name="call">The request.</param>
    /// <param name="lease">The model; the caller ends its use.</param>
    /// <param name="chat">What is asked for.</param>
    /// <param name="configuration">What is allowed.</param>
    public static async Task<ChatRun> StartAsync(ApiCall call, ModelLease lease, ChatCall chat, ServerConfiguration configuration)
    {
        AnswerLimit.Check(chat.Choices, chat.MaxTokens, lease.Service.Engine.MaxContext, chat.TopLogprobs);
        var salt = chat.Kvasir.CacheSalt(call.Tenant, configuration.Cache);
        var choice = ReuseChoice.Of(chat.Kvasir, call.Tenant, lease.Service);
        var (conversation, grammar) = await lease.Service.PrepareAsync(chat.Conversation, call.Cancellation).ConfigureAwait(false);
        PromptLimit.Check("messages", conversation.Prompt.Length, configuration.Limits);
        call.Trace.SetPrompt(() => string.Join('\n', chat.Conversation.Messages.Select(message => $"{message.Role}: {message.Content}")));
        var reuse = chat.Kvasir.ReuseOf(choice, conversation.Parts, chat.Conversation.Marked.Count);
        var kv = CompressionChoice.Of(chat.Kvasir, call.Tenant, lease.Service, conversation.Prompt.Length, choice.IsOn);
        var generation = lease.Service.Engine.Submit(kv.ApplyTo(new GenerationRequest
        {
            Prompt = conversation.Prompt,
            Grammar = grammar,
            KeepSpecialTokens = conversation.KeepSpecialTokens,
            MaxTokens = chat.MaxTokens,
            Sampling = chat.Sampling,
            Choices = chat.Choices,
            StopStrings = chat.Stops,
            IgnoreStopTokens = chat.IgnoreStopTokens,
            TopLogprobs = chat.TopLogprobs,
            CacheSalt = salt,
            Adapter = lease.Adapter,
            WantReceipt = chat.Kvasir.Receipt,
            Blending = choice.ToRequest(conversation.Parts),
            QueueTimeout = configuration.Limits.QueueTimeout,
        }));
        return new ChatRun(call, lease, chat, conversation, reuse, generation);
    }

    /// <summary>Reads one answer.</summary>
    /// <param name="choice">Which.</param>
    /// <param name="take">
    /// Gets each token and what it adds to the answer as it comes; with the end, what was held back, and no token. When null, nothing is looked
    /// at before the answer has ended, which costs the machine less.
    /// </param>
    /// <returns>The whole answer.</returns>
    public async Task<ChatAnswer> ReadAsync(GenerationChoice choice, Func<GeneratedToken?, IReadOnlyList<AnswerEvent>, Task>? take = null)
    {
        if (take is null)
            await choice.CompleteAsync(_call.Cancellation).ConfigureAwait(false);
        var tokens = take is null ? choice.ReadAsync(_call.Cancellation) : AnswerSource.ReadAsync(choice, _call.Trace, _call.Cancellation);
        var parser = _conversation.CreateParser();
        var collector = new AnswerCollector();
        var reasoning = 0;
        await foreach (var token in tokens.ConfigureAwait(false))
        {
            var events = parser.Feed(token.Text);
            foreach (var item in events)
                collector.Add(item);
            if (events.Any(item => item.Kind == AnswerEventKind.Reasoning))
                reasoning++;
            if (take is not null)
                await take(token, events).ConfigureAwait(false);
        }

        var rest = parser.Finish();
        foreach (var item in rest)
            collector.Add(item);
        if (rest.Count > 0 && take is not null)
            await take(null, rest).ConfigureAwait(false);
        return new ChatAnswer(choice.ToAnswer(), collector.ToAnswer(), reasoning);
    }

    /// <summary>Takes note of the finished answers; returns what they used.</summary>
    public Usage Finish(IReadOnlyList<ChatAnswer> answers)
    {
        var usage = Usage.Of([.. answers.Select(answer => answer.Answer.Statistics)], _reuse, answers.Sum(answer => answer.ReasoningTokens));
        _call.Trace.Finish(_lease, [.. answers.Select(answer => answer.Answer)], usage);
        return usage;
    }

    public void Dispose() => _generation.Dispose();
}
