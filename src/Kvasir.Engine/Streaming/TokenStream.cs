using System.Threading.Tasks.Sources;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sampling;

namespace Kvasir.Engine.Streaming;

/// <summary>
/// Carries the tokens of one answer from the engine's thread to one reader. The writer never waits and allocates nothing: memory for
/// the longest answer is taken when the stream is made.
/// </summary>
internal sealed class TokenStream : IValueTaskSource<bool>, IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private readonly int[] _tokens;
    private readonly float[]? _logprobs;
    private readonly TokenLogprob[]? _top;
    private ManualResetValueTaskSourceCore<bool> _signal;
    private bool _readerWaits;
    private int _readerSeen;
    private int _count;
    private Exception? _error;

    public TokenStream(int maxTokens, int? topLogprobs)
    {
        _tokens = new int[maxTokens];
        TopLogprobs = topLogprobs ?? 0;
        if (topLogprobs is { } top)
        {
            _logprobs = new float[maxTokens];
            _top = new TokenLogprob[(long)maxTokens * top];
        }
    }

    /// <summary>Alternatives reported a token.</summary>
    public int TopLogprobs { get; }

    /// <summary>True when log-probabilities are reported.</summary>
    public bool HasLogprobs => _logprobs is not null;

    /// <summary>Tokens written so far.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Set when the answer is complete.</summary>
    public FinishReason? Finish { get; private set; }

    /// <summary>Where the answer's text ends, in bytes, when a stop string cut it; otherwise -1.</summary>
    public long StopAtByte { get; private set; } = -1;

    /// <summary>Statistics, once complete.</summary>
    public GenerationStatistics? Statistics { get; private set; }

    public int Token(int index) => _tokens[index];

    public ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, Count);

    public float Logprob(int index) => _logprobs![index];

    public ReadOnlySpan<TokenLogprob> Top(int index) => _top.AsSpan(index * TopLogprobs, TopLogprobs);

    /// <summary>Engine thread: appends a token.</summary>
    public void Write(int token, float logprob, ReadOnlySpan<TokenLogprob> top)
    {
        _tokens[_count] = token;
        if (_logprobs is not null)
        {
            _logprobs[_count] = logprob;
            top.CopyTo(_top.AsSpan(_count * TopLogprobs));
        }

        Volatile.Write(ref _count, _count + 1);
        Wake();
    }

    /// <summary>Engine thread: ends the stream.</summary>
    public void Complete(FinishReason reason, GenerationStatistics? statistics, long stopAtByte, Exception? error)
    {
        lock (_gate)
        {
            Statistics = statistics;
            StopAtByte = stopAtByte;
            _error = error;
            Finish = reason;
        }

        Wake();
    }

    /// <summary>
    /// Reader: true when more than <paramref name="seen"/> tokens are there, false when the answer ended before that. Until then the reader
    /// is not woken.
    /// </summary>
    /// <exception cref="EngineFailedException">The engine failed.</exception>
    public ValueTask<bool> WaitAsync(int seen)
    {
        lock (_gate)
        {
            if (_count > seen)
                return ValueTask.FromResult(true);
            if (Finish is not null)
                return _error is null ? ValueTask.FromResult(false) : ValueTask.FromException<bool>(_error);
            _signal.Reset();
            _readerWaits = true;
            _readerSeen = seen;
            return new ValueTask<bool>(this, _signal.Version);
        }
    }

    /// <summary>Engine thread: wakes the reader when there is something that it has not seen.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            // The reader may have seen what this wakes it for already, and wait for what comes next.
            if (!_readerWaits || (_count <= _readerSeen && Finish is null))
                return;
            _readerWaits = false;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute()
    {
        // One reader waits at a time, so whatever arrived since is seen by its next call. Tokens come before the end, however the
        // writer and this were interleaved.
        var more = Count > _readerSeen;
        if (!more && _error is not null)
            _signal.SetException(_error);
        else
            _signal.SetResult(more);
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _signal.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _signal.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _signal.OnCompleted(continuation, state, token, flags);
}
