using System.Runtime.CompilerServices;
using Kvasir.Engine.Loop;
using Kvasir.Engine.Receipts;
using Kvasir.Engine.Sampling;
using Kvasir.Engine.Sequences;
using Kvasir.Engine.Streaming;
using Kvasir.Models;

namespace Kvasir.Engine.Requests;

/// <summary>One answer under way: read it token by token, or wait for it whole.</summary>
public sealed class GenerationChoice
{
    private readonly EngineThread _thread;
    private readonly Sequence _sequence;
    private readonly Tokenizer? _tokenizer;
    private readonly ReceiptContext _receipts;

    internal GenerationChoice(EngineThread thread, Sequence sequence, Tokenizer? tokenizer, ReceiptContext receipts)
    {
        _thread = thread;
        _sequence = sequence;
        _tokenizer = tokenizer;
        _receipts = receipts;
    }

    /// <summary>The answer's number, from 0.</summary>
    public int Choice => _sequence.Choice;

    /// <summary>Why the answer ended; null while it goes on.</summary>
    public FinishReason? Finish => _sequence.Output.Finish;

    /// <summary>What it cost; null while it goes on.</summary>
    public GenerationStatistics? Statistics => _sequence.Output.Statistics;

    /// <summary>Reads the tokens as they come. Cancelling the token ends the whole answer.</summary>
    /// <exception cref="OperationCanceledException">Cancelled by <paramref name="cancellation"/>.</exception>
    /// <exception cref="EngineFailedException">The engine failed.</exception>
    /// <exception cref="QueueTimeoutException">The request waited too long.</exception>
    public async IAsyncEnumerable<GeneratedToken> ReadAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var output = _sequence.Output;
        var text = _tokenizer is null ? null : new AnswerText(_tokenizer, _sequence.Request.StopStrings, _sequence.Request.KeepSpecialTokens);
        using var registration = cancellation.Register(() => _thread.Cancel([_sequence]));
        var read = 0;
        while (await output.WaitAsync(read).ConfigureAwait(false))
        {
            cancellation.ThrowIfCancellationRequested();
            for (; read < output.Count; read++)
                yield return Describe(output, read, text?.Feed(output.Token(read)) ?? "");
        }

        cancellation.ThrowIfCancellationRequested();
        if (text?.Finish() is { Length: > 0 } rest)
            yield return new GeneratedToken(output.Token(read - 1), rest, null, null);
    }

    /// <summary>Reads the text as it comes.</summary>
    public async IAsyncEnumerable<string> ReadTextAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await foreach (var token in ReadAsync(cancellation).ConfigureAwait(false))
        {
            if (token.Text.Length > 0)
                yield return token.Text;
        }
    }

    /// <summary>Waits for the end of the answer.</summary>
    public async Task<Answer> CompleteAsync(CancellationToken cancellation = default)
    {
        var output = _sequence.Output;
        using (cancellation.Register(() => _thread.Cancel([_sequence])))
        {
            await output.WaitAsync(int.MaxValue).ConfigureAwait(false);
        }

        cancellation.ThrowIfCancellationRequested();
        return ToAnswer();
    }

    /// <summary>The answer, once it has ended.</summary>
    /// <exception cref="InvalidOperationException">It has not ended yet.</exception>
    public Answer ToAnswer()
    {
        var output = _sequence.Output;
        if (output.Finish is not { } finish)
            throw new InvalidOperationException("the answer has not ended yet; read it to the end or await CompleteAsync");
        var tokens = output.Tokens.ToArray();
        return new Answer
        {
            Choice = _sequence.Choice,
            Tokens = tokens,
            Text = Text(tokens),
            Finish = finish,
            Statistics = output.Statistics!,
            Logprobs = output.HasLogprobs ? [.. Enumerable.Range(0, tokens.Length).Select(output.Logprob)] : null,
            TopLogprobs = output.HasLogprobs ? [.. Enumerable.Range(0, tokens.Length).Select(i => (IReadOnlyList<TokenLogprob>)output.Top(i).ToArray())] : null,
            Receipt = _sequence.Request.WantReceipt ? _receipts.Create(_sequence, tokens, finish) : null,
        };
    }

    private static GeneratedToken Describe(TokenStream output, int index, string text) => output.HasLogprobs
        ? new GeneratedToken(output.Token(index), text, output.Logprob(index), output.Top(index).ToArray())
        : new GeneratedToken(output.Token(index), text, null, null);

    private string Text(int[] tokens)
    {
        if (_tokenizer is null)
            return "";
        var text = new AnswerText(_tokenizer, _sequence.Request.StopStrings, _sequence.Request.KeepSpecialTokens);
        var builder = new System.Text.StringBuilder();
        foreach (var token in tokens)
            builder.Append(text.Feed(token));
        return builder.Append(text.Finish()).ToString();
    }
}
