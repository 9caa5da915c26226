using Kvasir.Engine.Blending;
using Kvasir.Engine.Plans;

namespace Kvasir.Engine.Tests.Blending;

public sealed class GivenRowsTests
{
    /// <summary>Keeps the rows of a stretch, and gives them again from a position on.</summary>
    private sealed class Rows(int start, int length) : IRowCapture, IGivenRows
    {
        private readonly Dictionary<(int Layer, int Row), (float[] Key, float[] Value)> _rows = [];

        public int At { get; set; }

        public IReadOnlyList<ChunkPart> Parts => [new ChunkPart(At, length)];

        public void Take(IRowReader reader)
        {
            for (var layer = 0; layer < reader.Layers; layer++)
            {
                for (var row = 0; row < length; row++)
                {
                    var (key, value) = (new float[reader.Width], new float[reader.Width]);
                    reader.Read(layer, start + row, key, value);
                    _rows[(layer, row)] = (key, value);
                }
            }
        }

        public void Write(IGivenRowWriter writer)
        {
            foreach (var ((layer, row), (key, value)) in _rows)
                writer.Write(layer, At + row, [.. key], value);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void RowsTakenFromASequence_GivenAgain_ReplaceItsComputation(bool prefix)
    {
        using var run = new BlendRun();
        var prompt = BlendRun.Prompt(37, [1, 2]);
        var rows = new Rows(40, 70) { At = 40 };
        var full = run.Run(BlendRun.Request(prompt, policy: null, prefix: prefix) with { Capture = rows })[0];
        var given = run.Run(BlendRun.Request(prompt, policy: null, prefix: prefix) with { Given = rows })[0];
        Assert.Equal(new PlanSpan(40, 70, SpanOrigin.Given), given.Sequence.FirstSpans!.Single(span => span.Origin == SpanOrigin.Given));
        for (var i = 0; i < full.Logits.Count; i++)
            Assert.InRange(BlendRun.Difference(full.Logits[i], given.Logits[i]), 0, 1e-4f);
    }

    [Fact]
    public void NothingBehindGivenRowsIsFoundByOthers()
    {
        using var run = new BlendRun();
        var prompt = BlendRun.Prompt(37, [1, 2]);
        var rows = new Rows(40, 70) { At = 40 };
        var full = run.Run(BlendRun.Request(prompt, policy: null) with { Capture = rows })[0];
        run.Run(BlendRun.Request(prompt, policy: null, prefix: true) with { Given = rows });
        var after = run.Run(BlendRun.Request(prompt, policy: null, prefix: true))[0];
        Assert.Equal(new PlanSpan(0, 32, SpanOrigin.Shared), after.Sequence.FirstSpans![0]);
        Assert.Equal(full.Logits, after.Logits);
    }

    [Fact]
    public void WhatAStretchReadsBack_IsWhatTheChunkBrought()
    {
        // Rows of a moved chunk, read through a blended sequence, are those that were computed, in a frame without position.
        using var run = new BlendRun();
        var (original, moved) = (new Rows(1, BlendRun.ChunkLength), new Rows(20, BlendRun.ChunkLength));
        run.Run(BlendRun.Request(([3, .. BlendRun.Chunk(1)], [new ChunkPart(1, BlendRun.ChunkLength)]), new FixedPolicy(0), answer: 2) with { Capture = original });
        run.Run(BlendRun.Request(BlendRun.Prompt(20, [1]), new FixedPolicy(0), answer: 2) with { Capture = moved });
        var prompt = BlendRun.Prompt(33, [1]);
        (original.At, moved.At) = (33, 33);
        var a = run.Run(BlendRun.Request(prompt, policy: null) with { Given = original })[0];
        var b = run.Run(BlendRun.Request(prompt, policy: null) with { Given = moved })[0];
        Assert.InRange(BlendRun.Difference(a.Logits[0], b.Logits[0]), 0, 1e-4f);
    }
}
