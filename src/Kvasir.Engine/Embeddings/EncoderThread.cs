using Kvasir.Engine.Loading;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Running;

namespace Kvasir.Engine.Embeddings;

/// <summary>
/// Runs texts through an encoder on a thread of its own, first come, first served: a step takes what waits, up to its limits. A text that is
/// longer than these has a step of its own, for which the step's memory grows.
/// </summary>
internal sealed class EncoderThread : IDisposable
{
    private readonly LoadedModel _model;
    private readonly EngineOptions _options;
    private readonly Queue<EncoderWork> _queue = new();
    private readonly List<EncoderWork> _step = [];
    private readonly List<int> _firstRows = [];
    private readonly object _gate = new();
    private readonly Thread _thread;
    private EncoderRun? _run;
    private bool _stopping;
    private long _texts;
    private long _tokens;
    private long _steps;

    public EncoderThread(LoadedModel model, EngineOptions options)
    {
        _model = model;
        _options = options;
        _thread = new Thread(Run) { IsBackground = true, Name = "kvasir-encoder" };
        _thread.Start();
    }

    public EmbeddingStatus Status
    {
        get
        {
            lock (_gate)
                return new EmbeddingStatus(_texts, _tokens, _steps, _queue.Count, _step.Count);
        }
    }

    /// <summary>Queues a text.</summary>
    /// <exception cref="EngineOverloadedException">Too many texts wait already.</exception>
    /// <exception cref="ObjectDisposedException">The engine was disposed.</exception>
    public void Submit(EncoderWork work)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopping, this);
            if (_queue.Count >= _options.MaxQueued)
                throw new EngineOverloadedException(_queue.Count);
            work.Submitted = _options.Time.GetTimestamp();
            _queue.Enqueue(work);
            Monitor.Pulse(_gate);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_stopping)
                return;
            _stopping = true;
            Monitor.Pulse(_gate);
        }

        _thread.Join();
        _run?.Dispose();
        foreach (var work in _queue)
            work.Fail(new ObjectDisposedException(nameof(EmbeddingEngine)));
    }

    private void Run()
    {
        while (Fill())
        {
            try
            {
                Step();
                lock (_gate)
                {
                    _texts += _step.Count;
                    _tokens += _step.Sum(work => (long)work.Tokens.Length);
                    _steps++;
                }
            }
            catch (Exception exception)
            {
                // Whatever it is, the texts of the step carry it to who asked; the next step begins anew.
                foreach (var work in _step)
                    work.Fail(new EngineFailedException($"the encoder's step failed: {exception.Message}", exception));
                _run?.Dispose();
                _run = null;
            }
        }
    }

    /// <summary>Waits for texts and takes those of the next step; false when the engine ends.</summary>
    private bool Fill()
    {
        lock (_gate)
        {
            _step.Clear();
            while (true)
            {
                DropEnded();
                if (_stopping)
                    return false;
                if (_queue.Count > 0)
                    break;
                Monitor.Wait(_gate);
            }

            var tokens = 0;
            while (_queue.TryPeek(out var work) && _step.Count < _options.MaxSequences
                && (_step.Count == 0 || tokens + work.Tokens.Length <= _options.MaxBatchTokens))
            {
                tokens += work.Tokens.Length;
                _step.Add(_queue.Dequeue());
            }

            return true;
        }
    }

    /// <summary>Forgets texts that were cancelled, and refuses those that waited too long.</summary>
    private void DropEnded()
    {
        for (var left = _queue.Count; left > 0; left--)
        {
            var work = _queue.Dequeue();
            if (work.QueueTimeout is { } limit && _options.Time.GetElapsedTime(work.Submitted) > limit)
                work.Fail(new QueueTimeoutException(limit));
            if (!work.HasEnded)
                _queue.Enqueue(work);
        }
    }

    private void Step()
    {
        var run = RunFor(_step.Sum(work => work.Tokens.Length));
        run.Clear();
        _firstRows.Clear();
        foreach (var work in _step)
            _firstRows.Add(run.Add(work.Tokens.Span));
        run.Run();
        for (var i = 0; i < _step.Count; i++)
        {
            var (first, end) = _step[i].Rows;
            for (var row = first; row < end; row++)
                _step[i].Pool.Add(row, run.Row(_firstRows[i] + row));
            _step[i].Complete();
        }
    }

    /// <summary>The memory of a step, large enough.</summary>
    private EncoderRun RunFor(int rows)
    {
        if (_run is not null && _run.MaxRows >= rows)
            return _run;
        _run?.Dispose();
        _run = null; // so that a failure leaves none that is half made
        return _run = new EncoderRun(_model, Math.Max(rows, Math.Min(_options.MaxBatchTokens, _model.MaxContext)), _options.MaxSequences, RowOutput.Hidden);
    }
}
