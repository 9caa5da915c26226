using System.IO.Hashing;
using System.Runtime.InteropServices;
using Kvasir.Engine.Loading;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sampling;
using Kvasir.Engine.Sequences;
using Kvasir.Engine.Streaming;
using Kvasir.Models;

namespace Kvasir.Engine.Loop;

/// <summary>Samples the next token of a sequence, adds what a grammar forces, hands them to the reader, and says when the answer ends.</summary>
internal sealed class AnswerWriter(LoadedModel model, TimeProvider time)
{
    private readonly Sampler _sampler = new(model.Config.VocabSize);
    private readonly TokenLogprob[] _top = new TokenLogprob[GenerationRequest.MaxTopLogprobs];
    private readonly float[] _copy = new float[model.Config.VocabSize];
    private readonly GrammarMask _grammar = new(model.Config.VocabSize);
    private readonly Tokenizer? _tokenizer = model.File.Tokenizer;
    private readonly ForcedTokens? _forced = model.File.Tokenizer is { } tokenizer ? new ForcedTokens(tokenizer) : null;

    public long SampledTokens { get; private set; }

    public long ForcedTokens { get; private set; }

    /// <summary>A copy of logits that several answers sample from; valid until the next call.</summary>
    public Span<float> Copy(ReadOnlySpan<float> logits)
    {
        logits.CopyTo(_copy);
        return _copy;
    }

    /// <summary>
    /// Appends the next token, and those behind it that the grammar forces; returns why the answer ends with them, or null when it goes on.
    /// </summary>
    public FinishReason? Write(Sequence sequence, Span<float> logits)
    {
        sequence.FirstTokenTimestamp ??= time.GetTimestamp();
        if (!JumpsForward(sequence))
            return Sample(sequence, logits);

        // What is forced from the start needs no logits. Later on, what is forced behind a token was appended with it.
        if (sequence.AnswerLength == 0)
        {
            var reason = AppendForced(sequence);
            if (reason is not null || sequence.AnswerLength > 0)
                return reason;
        }

        return Sample(sequence, logits) ?? AppendForced(sequence);
    }

    /// <summary>Ends the answer's stream.</summary>
    public void Complete(Sequence sequence, FinishReason reason, Exception? error)
    {
        var now = time.GetTimestamp();
        var started = sequence.SubmittedTimestamp;
        var statistics = new GenerationStatistics
        {
            PromptTokens = sequence.PromptLength,
            ReusedTokens = sequence.ReusedTokens,
            ComputedRows = sequence.ComputedRows,
            AnswerTokens = sequence.Output.Count,
            ForcedTokens = sequence.ForcedTokens,
            Preemptions = sequence.Preemptions,
            QueueTime = time.GetElapsedTime(started, sequence.FirstStepTimestamp ?? now),
            TimeToFirstToken = time.GetElapsedTime(started, sequence.FirstTokenTimestamp ?? now),
            TotalTime = time.GetElapsedTime(started, now),
            Spans = sequence.FirstSpans ?? [],
            Blend = sequence.BlendReport,
            Compression = sequence.CompressionReport,
            Reading = sequence.ReadingReport,
        };
        sequence.Output.Complete(reason, statistics, sequence.Stop?.StopAt ?? -1, error);
    }

    private bool JumpsForward(Sequence sequence) =>
        sequence.Matcher is not null
        && _forced is not null
        && sequence.Request is { JumpForward: true, WantReceipt: false, TopLogprobs: null, Continuation: null }
        && sequence.Request.Sampling.LogitBias is null or { Count: 0 };

    private FinishReason? AppendForced(Sequence sequence)
    {
        foreach (var token in _forced!.Find(sequence.Matcher!))
        {
            if (EndsAnswer(sequence.Request, token))
                break; // whether the answer ends here is the model's choice
            sequence.ForcedTokens++;
            ForcedTokens++;
            if (Append(sequence, token, 0, []) is { } reason)
                return reason;
        }

        return null;
    }

    private FinishReason? Sample(Sequence sequence, Span<float> logits)
    {
        var request = sequence.Request;
        SampledTokens++;
        if (sequence.LogitDigests is { } digests)
            digests[sequence.AnswerLength] = XxHash3.HashToUInt64(MemoryMarshal.AsBytes(logits));
        if (request.Continuation is { } continuation)
            return Append(sequence, continuation.Span[sequence.AnswerLength], 0, []);

        int token;
        float logprob = 0;
        var top = _top.AsSpan(0, sequence.Output.TopLogprobs);
        if (sequence.Output.HasLogprobs)
        {
            // Log-probabilities are the model's own: taken before a grammar, bias and penalties change the logits.
            var original = request.Sampling.ChangesLogits || sequence.Matcher is not null ? logits.ToArray() : logits;
            Constrain(sequence, logits);
            token = _sampler.Sample(logits, request.Sampling, sequence.Counts, sequence.Choice, sequence.Length);
            logprob = _sampler.Logprobs(original, token, top);
        }
        else
        {
            Constrain(sequence, logits);
            token = _sampler.Sample(logits, request.Sampling, sequence.Counts, sequence.Choice, sequence.Length);
        }

        return Append(sequence, token, logprob, top);
    }

    private FinishReason? Append(Sequence sequence, int token, float logprob, ReadOnlySpan<TokenLogprob> top)
    {
        var request = sequence.Request;
        sequence.Append(token);
        if (EndsAnswer(request, token))
            return FinishReason.Stop;
        sequence.Output.Write(token, logprob, top);
        if (sequence.Matcher is { } grammar && grammar.TryAccept(token) && grammar.IsFinished)
            return FinishReason.Stop;
        if (sequence.Stop is { } stop && stop.Feed(_tokenizer!.TextBytes(token, request.KeepSpecialTokens)))
            return FinishReason.Stop;
        return sequence.AnswerLength == sequence.MaxAnswer ? FinishReason.Length : null;
    }

    private void Constrain(Sequence sequence, Span<float> logits)
    {
        if (sequence.Matcher is { } matcher)
            _grammar.Apply(matcher, logits, sequence.Request.IgnoreStopTokens ? [] : StopTokens(sequence.Request));
    }

    private IReadOnlyList<int> StopTokens(GenerationRequest request) => request.StopTokens ?? model.File.StopTokens;

    private bool EndsAnswer(GenerationRequest request, int token)
    {
        if (request.IgnoreStopTokens)
            return false;
        var stops = StopTokens(request);
        for (var i = 0; i < stops.Count; i++)
        {
            if (stops[i] == token)
                return true;
        }

        return false;
    }
}
