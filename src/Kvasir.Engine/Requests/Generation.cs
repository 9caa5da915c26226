using Kvasir.Engine.Loop;
using Kvasir.Engine.Sequences;

namespace Kvasir.Engine.Requests;

/// <summary>A request under way. Each answer is read once; disposing cancels what is unfinished.</summary>
public sealed class Generation : IDisposable
{
    private readonly EngineThread _thread;
    private readonly Sequence[] _sequences;

    internal Generation(EngineThread thread, Sequence[] sequences, IReadOnlyList<GenerationChoice> choices)
    {
        _thread = thread;
        _sequences = sequences;
        Choices = choices;
    }

    /// <summary>The answers, in the order of their numbers.</summary>
    public IReadOnlyList<GenerationChoice> Choices { get; }

    /// <summary>Ends all answers; their readers see <see cref="FinishReason.Cancelled"/>.</summary>
    public void Cancel() => _thread.Cancel(_sequences);

    /// <summary>Waits for all answers.</summary>
    public async Task<IReadOnlyList<Answer>> CompleteAsync(CancellationToken cancellation = default)
    {
        var answers = new Answer[Choices.Count];
        for (var i = 0; i < answers.Length; i++)
            answers[i] = await Choices[i].CompleteAsync(cancellation).ConfigureAwait(false);
        return answers;
    }

    /// <inheritdoc/>
    public void Dispose() => Cancel();
}
