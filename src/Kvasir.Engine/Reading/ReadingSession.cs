using Kvasir.Engine.Loading;
using Kvasir.Engine.Sequences;
using Kvasir.KvCache.Index;
using Kvasir.KvCache.Reading;

namespace Kvasir.Engine.Reading;

/// <summary>The sparse reading of one running sequence: which of its rows are read how, and where its steps must end.</summary>
internal sealed class ReadingSession
{
    private readonly int _promptLength;
    private readonly int _budget;
    private readonly ReadingBooks _books;
    private long _visible;
    private long _read;

    private ReadingSession(LoadedModel model, ReadingBooks books, SparseReading request, int promptLength)
    {
        _books = books;
        var config = model.Config;
        _promptLength = promptLength;
        var point = request.Point ?? promptLength;
        _budget = request.BudgetOf(point);
        Policy = request.Policy;
        Reader = Policy.Start(new ReadingShape(model.Layout.Layers, config.QueryHeads, config.KvHeads, config.HeadDim, _budget, point));
    }

    public IReadingPolicy Policy { get; }

    /// <summary>True when rows of the prompt differ from exact ones.</summary>
    public bool ShapesPrompt => Policy.ShapesPrompt;

    public RowReader Reader { get; }

    /// <summary>Rows that others with the same scope may find: those of the answer, and those that depend on where the prompt ends, are not.</summary>
    public int SharedLength => ShapesPrompt ? Reader.SharedLength : _promptLength;

    public ReadingStatistics Statistics => new()
    {
        Policy = Policy.Name,
        Budget = _budget,
        ReadShare = _visible == 0 ? 1 : (double)_read / _visible,
        BookBytes = Reader.BookBytes,
    };

    /// <summary>The sparse reading that a sequence's request asks for, or null. It goes on from that of another answer, if there is one.</summary>
    public static ReadingSession? Of(LoadedModel model, ReadingBooks books, Sequence sequence, ReadingSession? parent = null)
    {
        if (sequence.Request.Reading is not { } request)
            return null;
        var session = new ReadingSession(model, books, request, sequence.PromptLength);
        if (parent is not null)
            session.Reader.GoOnFrom(parent.Reader);
        return session;
    }

    /// <summary>Tokens whose rows may come from the prefix cache: whole chunks, and none that depends on where the prompt ends.</summary>
    public int Reusable(int known)
    {
        var reusable = Math.Min(known, SharedLength);
        return IsChunked ? reusable / Policy.ChunkRows * Policy.ChunkRows : reusable;
    }

    /// <summary>Cuts a match to what may be reused of it, and takes over what is known of it; returns the tokens that are left.</summary>
    public int? Shorten(PrefixMatch? match)
    {
        if (match is null)
            return null;
        var known = Reader.NoteSize > 0 ? _books.Take(match, Reader) : match.TokenCount;
        if (Reusable(known) is var tokens && tokens < match.TokenCount)
            match.Shorten(tokens);
        return match.TokenCount;
    }

    /// <summary>Keeps what others must know who find the first rows of the sequence.</summary>
    public void Keep(Sequence sequence, int rows)
    {
        if (Reader.NoteSize > 0)
            _books.Keep(sequence, Reader, rows);
    }

    /// <summary>The smallest length above <paramref name="length"/> at which a step must end.</summary>
    public int NextStop(int length)
    {
        if (!IsChunked || length >= Reader.SparseEnd)
            return int.MaxValue;
        return Math.Min(Reader.SparseEnd, ((length / Policy.ChunkRows) + 1) * Policy.ChunkRows);
    }

    /// <summary>Rows that the step at a position must have at least; 0 for any number.</summary>
    public int RowsTogether(int position) => IsChunked && position < Reader.SparseEnd ? NextStop(position) - position : 0;

    /// <summary>
    /// First position behind the block that <paramref name="position"/> lies in, whose queries read the same rows; and whether they may read few.
    /// </summary>
    public (int End, bool Sparse) BlockAt(int position)
    {
        if (position < Reader.SparseEnd)
            return (Math.Min(Reader.SparseEnd, (position / RowReader.BlockRows * RowReader.BlockRows) + RowReader.BlockRows), true);
        if (position < _promptLength)
            return (_promptLength, false);
        return Policy.ShapesAnswer ? (position + 1, true) : (int.MaxValue, false);
    }

    /// <summary>Takes down that a block of queries could have read so many rows in a head and read so many.</summary>
    public void Count(int visible, int read)
    {
        _visible += visible;
        _read += read;
    }

    private bool IsChunked => Policy.ChunkRows > 0;
}
