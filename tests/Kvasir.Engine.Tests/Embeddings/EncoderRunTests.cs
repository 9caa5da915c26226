using Kvasir.Engine.Embeddings;
using Kvasir.Engine.Loading;
using Kvasir.Engine.Running;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Tests.Embeddings;

/// <summary>Steps of an encoder: whole texts side by side.</summary>
public sealed class EncoderRunTests
{
    [Fact]
    public void Steps_AllocateNothing_OnceTheyHaveRun()
    {
        using var encoder = new TinyEncoder();
        using var model = LoadedModel.Open(encoder.Path, new EngineOptions { Threads = 1, KvType = KvDataType.F32 }, encoder: true);
        using var run = new EncoderRun(model, maxRows: 160, maxTexts: 4, RowOutput.Hidden);
        int[][] texts = [[2, 5, 9, 3], [.. Enumerable.Range(2, 60)], [2, 3], [.. Enumerable.Range(4, 40)]];
        for (var i = 0; i < 50; i++)
            Step(run, texts);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 20; i++)
            Step(run, texts);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Room_EndsWithRowsAndTexts()
    {
        using var encoder = new TinyEncoder();
        using var model = LoadedModel.Open(encoder.Path, new EngineOptions { Threads = 1, KvType = KvDataType.F32 }, encoder: true);
        using var run = new EncoderRun(model, maxRows: 10, maxTexts: 2, RowOutput.Hidden);
        Assert.True(run.HasRoom(10));
        Assert.False(run.HasRoom(11));
        Assert.Equal(0, run.Add([2, 5, 3]));
        Assert.True(run.HasRoom(7));
        Assert.False(run.HasRoom(8));
        Assert.Equal(3, run.Add([2, 3]));
        Assert.False(run.HasRoom(1));
        run.Clear();
        Assert.True(run.HasRoom(10));
    }

    private static void Step(EncoderRun run, int[][] texts)
    {
        run.Clear();
        foreach (var text in texts)
            run.Add(text);
        run.Run();
    }
}
