using Kvasir.Engine.Blending;
using Kvasir.Engine.Compression;
using Kvasir.Engine.Embeddings;
using Kvasir.Engine.Loading;
using Kvasir.Engine.Reading;
using Kvasir.KvCache.Virtual;
using Kvasir.Models;

namespace Kvasir.Engine.Requests;

/// <summary>Refuses requests that cannot be run, before they cost anything.</summary>
/// <param name="model">The model.</param>
/// <param name="poolTokens">Rows that the whole KV pool holds.</param>
/// <param name="kvMemory">How KV lies in memory.</param>
/// <param name="stepRows">Most rows of a step.</param>
/// <param name="maxTogether">Most of them that one sequence can rely on.</param>
internal sealed class RequestLimits(LoadedModel model, long poolTokens, KvMemory kvMemory, int stepRows, int maxTogether)
{
    private const string BudgetAdvice = "that is what the KV budget holds: ask for fewer tokens or raise KvBudgetBytes (--kv-budget)";

    /// <summary>Rows that one sequence may have in the pool: a block is left for a copy on write.</summary>
    private readonly int _poolLimit = (int)Math.Min(int.MaxValue, poolTokens - model.Layout.BlockRows);

    /// <summary>Checks a request; returns the most tokens of an answer.</summary>
    /// <exception cref="ContextLengthException">The prompt or the asked-for answer does not fit.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public int Check(GenerationRequest request)
    {
        CheckPrompt(request.Prompt.Span, model.MaxContext - 1);
        if (request.Choices is < 1 or > GenerationRequest.MaxChoices)
            throw new ArgumentException($"Choices is {request.Choices}; allowed: 1 to {GenerationRequest.MaxChoices}", nameof(request));
        if (request.TopLogprobs is < 0 or > GenerationRequest.MaxTopLogprobs)
            throw new ArgumentException($"TopLogprobs is {request.TopLogprobs}; allowed: 0 to {GenerationRequest.MaxTopLogprobs}", nameof(request));
        if (request.MaxTokens is < 1)
            throw new ArgumentException($"MaxTokens is {request.MaxTokens}; allowed: 1 or more", nameof(request));
        CheckQueueTimeout(request.QueueTimeout);
        if (request.Continuation is { } continuation)
            CheckTokens(continuation.Span, "continuation");
        if (request.Grammar is { } grammar && grammar.Vocabulary.Size != model.Config.VocabSize)
            throw new ArgumentException($"the grammar's vocabulary has {grammar.Vocabulary.Size} tokens, the model's {model.Config.VocabSize}; compile it for this model", nameof(request));
        if (request.StopStrings.Count > 0 && model.File.Tokenizer is null)
            throw new InvalidOperationException($"{model.File.Path} has no tokenizer; give token ids instead of text");
        request.Sampling.Validate(model.Config.VocabSize);
        if (request is not { LayerPolicy: null, Compression: null } && model.Config.Recurrent is not null)
            throw new ArgumentException($"a {model.Config.Architecture} model has recurrent layers, which every row must pass; leave out LayerPolicy and Compression", nameof(request));
        BlendLimits.Check(request, kvMemory);
        CompressionLimits.Check(request, model.Config, model.Layout, kvMemory, stepRows);
        ReadingLimits.Check(request, model.Config, maxTogether);

        // An answer that is to be as long as may be is as long as the pool allows; an asked-for length that does not fit is an error.
        var prompt = request.Prompt.Length;
        var contextLeft = model.MaxContext - prompt;
        var poolLeft = _poolLimit - prompt;
        if (poolLeft < 1)
            throw new ContextLengthException(prompt, _poolLimit, BudgetAdvice);
        if (request.MaxTokens is not { } asked)
            return Math.Min(contextLeft, poolLeft);
        var answer = Math.Min(asked, contextLeft);
        return answer <= poolLeft ? answer : throw new ContextLengthException(prompt + answer, _poolLimit, BudgetAdvice);
    }

    /// <summary>Checks a request.</summary>
    /// <exception cref="ContextLengthException">The text does not fit.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public void Check(EmbeddingRequest request)
    {
        var prompt = request.Prompt;
        CheckPrompt(prompt.Span, model.MaxContext);
        if (prompt.Length > _poolLimit)
            throw new ContextLengthException(prompt.Length, _poolLimit, BudgetAdvice);
        if (request.Pooling is not (null or EmbeddingPooling.Mean or EmbeddingPooling.LastToken))
            throw new ArgumentException($"Pooling is {request.Pooling}; allowed for a decoder: Mean and LastToken, for its first token sees no other", nameof(request));
        EmbeddingLimits.CheckDimensions(request, model.Config.HiddenSize);
        CheckQueueTimeout(request.QueueTimeout);
    }

    private void CheckPrompt(ReadOnlySpan<int> prompt, int longest)
    {
        if (prompt.Length == 0)
            throw new ArgumentException("the prompt is empty; give at least one token", nameof(prompt));
        if (prompt.Length > longest)
            throw new ContextLengthException(prompt.Length, model.MaxContext, "shorten the prompt or raise --max-context where the model allows it");
        CheckTokens(prompt, "prompt");
    }

    private void CheckTokens(ReadOnlySpan<int> tokens, string what)
    {
        foreach (var token in tokens)
        {
            if ((uint)token >= (uint)model.Config.VocabSize)
                throw new ArgumentException($"{what} token {token} is outside the vocabulary of {model.Config.VocabSize}", nameof(tokens));
        }
    }

    private static void CheckQueueTimeout(TimeSpan? timeout)
    {
        if (timeout < TimeSpan.Zero)
            throw new ArgumentException($"QueueTimeout is {timeout}; allowed: zero or more", nameof(timeout));
    }
}
