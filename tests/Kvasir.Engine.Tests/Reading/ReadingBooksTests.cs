using Kvasir.Engine.Reading;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Tests.Support;
using Kvasir.KvCache.Reading;

namespace Kvasir.Engine.Tests.Reading;

public sealed class ReadingBooksTests
{
    [Theory]
    [InlineData(32, 100, 192)]
    [InlineData(32, 2, 128)]
    [InlineData(48, 100, 192)]
    [InlineData(32, 0, 0)]
    public void NotesOfTheFirstRows_StayLongest_AndComeBackAsTheyWere(int blockRows, int room, int found)
    {
        using var run = new LoopRun(new EngineOptions { MaxBatchTokens = 100, MaxSequences = 2, Threads = 1, BlockRows = blockRows }, blocks: 64);
        var sequence = run.Submit(new GenerationRequest { Prompt = TinyModel.Tokens(210, 3), MaxTokens = 1 });
        run.Finish();
        var (reader, other) = (Start(), Start());
        var notes = Enumerable.Range(0, 3).Select(block => Enumerable.Range(0, reader.NoteSize).Select(i => (block * 1000f) + i).ToArray()).ToArray();
        for (var block = 0; block < 3; block++)
            reader.Take(block, notes[block]);
        var books = new ReadingBooks(blockRows, room * (long)reader.NoteSize * sizeof(float));
        books.Keep(sequence, reader, 205);
        using var match = run.Loop.Index.Match(sequence.Scope, sequence.Tokens, 209);
        Assert.Equal(found, books.Take(match, other));
        var read = new float[reader.NoteSize];
        for (var block = 0; block < found / RowReader.BlockRows; block++)
        {
            other.Note(block, read);
            Assert.Equal(notes[block], read);
        }

        // What was used is kept before what was not.
        books.Keep(sequence, reader, 205);
        Assert.Equal(found, books.Take(match, Start()));

        RowReader Start() => new InfLlmPolicy(64).Start(new ReadingShape(run.Model.Layout.Layers, run.Model.Config.QueryHeads, run.Model.Layout.KvHeads, run.Model.Layout.HeadDim, 64, 205));
    }
}
