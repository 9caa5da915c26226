using Kvasir.Engine;
using Kvasir.Models;

namespace Kvasir.Benchmarks.Rag.Workloads;

/// <summary>Builds prompts from the token lists of their parts, in the model's chat format.</summary>
internal sealed class PromptFrame
{
    private readonly Tokenizer _tokenizer;

    private PromptFrame(Tokenizer tokenizer, int[] head, int[] tail, int[] between)
    {
        _tokenizer = tokenizer;
        Between = between;
        Head = head;
        Tail = tail;
    }

    /// <summary>What comes before a user's message.</summary>
    public int[] Head { get; }

    /// <summary>What comes behind it: the answer follows.</summary>
    public int[] Tail { get; }

    /// <summary>What stands between an answer and the next message of the user: the end of the one turn and the begin of the other.</summary>
    public int[] Between { get; }

    /// <summary>The frame of a model; where it has no chat format, the begin token and a line end.</summary>
    /// <exception cref="InvalidOperationException">The model has no tokenizer.</exception>
    public static PromptFrame Of(KvasirEngine engine)
    {
        var tokenizer = engine.Tokenizer ?? throw new InvalidOperationException($"{engine.Model.Path} has no tokenizer");
        if (engine.Model.ChatTemplate is null)
            return new PromptFrame(tokenizer, tokenizer.BosId is { } bos ? [bos] : [], Encode(tokenizer, "\n"), Encode(tokenizer, "\n"));

        // What two conversations share that differ in the message only is what stands around it.
        var message = new ChatMessage("user", "apple");
        var one = engine.EncodeChat([message]);
        var other = engine.EncodeChat([new ChatMessage("user", "7")]);
        var before = one.AsSpan().CommonPrefixLength(other);
        var behind = 0;
        while (behind < Math.Min(one.Length, other.Length) - before && one[^(behind + 1)] == other[^(behind + 1)])
            behind++;
        var two = engine.EncodeChat([message, new ChatMessage("assistant", "apple"), message]);
        var answer = Encode(tokenizer, "apple").Length;
        return new PromptFrame(tokenizer, one[..before], one[^behind..], two[(one.Length + answer)..^(answer + behind)]);
    }

    /// <summary>Tokens of a text, without a begin token; special tokens in it are plain text.</summary>
    public int[] Encode(string text) => Encode(_tokenizer, text);

    public RagChunk Chunk(int id, string text) => new(id, text, Encode(text));

    /// <summary>A prompt of chunks and a question behind them.</summary>
    public RagPrompt Ask(IEnumerable<RagChunk> chunks, RagQuestion question) =>
        Build([.. chunks.Select(chunk => new RagPiece(chunk.Id, chunk.Tokens))], question);

    /// <summary>A prompt of chunks and other text and a question behind them.</summary>
    public RagPrompt Build(IReadOnlyList<RagPiece> pieces, RagQuestion question)
    {
        List<int> tokens = [.. Head];
        var parts = new List<RagPart>();
        foreach (var piece in pieces)
        {
            if (piece.Chunk is { } chunk)
                parts.Add(new RagPart(tokens.Count, piece.Tokens.Length, chunk));
            tokens.AddRange(piece.Tokens);
        }

        tokens.AddRange(Encode(question.Text));
        tokens.AddRange(Tail);
        return new RagPrompt { Tokens = [.. tokens], Parts = parts, Question = question.Text, Accepted = question.Accepted, Kind = question.Kind };
    }

    /// <summary>So many tokens of an answer that goes on: the answer to the first question, then the next question, its answer and so on.</summary>
    public int[] Dialogue(IReadOnlyList<RagQuestion> questions, int tokens)
    {
        var turns = new List<int>();
        for (var i = 0; turns.Count < tokens; i++)
        {
            var question = questions[i % questions.Count];
            if (i > 0)
                turns.AddRange([.. Between, .. Encode(question.Text), .. Tail]);
            turns.AddRange(Encode(question.Accepted[0]));
        }

        return [.. turns.Take(tokens)];
    }

    private static int[] Encode(Tokenizer tokenizer, string text)
    {
        var tokens = tokenizer.Encode(text, parseSpecial: false);
        return tokenizer.BosId is { } bos && tokens is [var first, ..] && first == bos ? tokens[1..] : tokens;
    }
}
