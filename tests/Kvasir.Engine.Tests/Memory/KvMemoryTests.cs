using System.Runtime.InteropServices;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sampling;
using Kvasir.Engine.Tests.Support;
using Kvasir.KvCache.Virtual;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Tests.Memory;

/// <summary>Where keys and values lie changes no bit.</summary>
public sealed class KvMemoryTests
{
    private const int Blocks = 40;

    [Theory]
    [InlineData(KvMemory.ContiguousPrivate, true, KvDataType.F16)]
    [InlineData(KvMemory.ContiguousPrivate, false, KvDataType.BF16)]
    [InlineData(KvMemory.ContiguousShared, true, KvDataType.BF16)]
    [InlineData(KvMemory.ContiguousShared, true, KvDataType.F32)]
    [InlineData(KvMemory.ContiguousShared, false, KvDataType.F16)]
    public void MixedBatchesThatGrowOverBlockBorders_GiveTheBitsOfThePagedPool(KvMemory memory, bool sliced, KvDataType type)
    {
        if (!OperatingSystem.IsLinux())
            return;
        var paged = Logits(new EngineOptions { KvType = type, BlockRows = 16, MaxBatchTokens = 40, MaxSequences = 6 });
        var contiguous = Logits(new EngineOptions
        {
            KvType = type,
            BlockRows = 16,
            MaxBatchTokens = 40,
            MaxSequences = 6,
            KvMemory = memory,
            KvSliced = sliced,
            PoisonFreedRows = true,
        });
        Assert.Equal(paged.Count, contiguous.Count);
        foreach (var (key, bits) in paged)
            Assert.True(bits.AsSpan().SequenceEqual(contiguous[key]), $"{key} differs");
    }

    [Fact]
    public void SharedMemory_ReusesPrefixes_PrivateMemoryComputesThem()
    {
        if (!OperatingSystem.IsLinux())
            return;
        Assert.Equal(64, Reused(KvMemory.ContiguousShared));
        Assert.Equal(0, Reused(KvMemory.ContiguousPrivate));
        Assert.Equal(64, Reused(KvMemory.Paged));

        static int Reused(KvMemory memory)
        {
            using var run = new LoopRun(new EngineOptions { BlockRows = 16, KvMemory = memory }, Blocks);
            var prompt = TinyModel.Tokens(64, 3);
            run.Submit(Request(prompt));
            run.Finish();
            var second = run.Submit(Request([.. prompt, 7, 8]));
            run.Finish();
            return second.ReusedTokens;
        }
    }

    [Fact]
    public void NothingIsLeft_AndNeverMoreThanThePoolHasMemory()
    {
        if (!OperatingSystem.IsLinux())
            return;
        foreach (var memory in new[] { KvMemory.ContiguousPrivate, KvMemory.ContiguousShared })
        {
            using var run = new LoopRun(new EngineOptions { BlockRows = 16, KvMemory = memory, MaxSequences = 6, PrefixCache = false }, 24);
            for (var i = 0; i < 20; i++)
                run.Submit(Request(TinyModel.Tokens(10 + (17 * i % 120), i)) with { UsePrefixCache = false });
            while (!run.Loop.IsIdle)
            {
                Assert.True(run.Loop.Step());
                Assert.True(run.Pool.Space!.Status.MappedBlocks <= 24);
                run.Pool.CheckIntegrity();
            }

            var status = run.Pool.Space!.Status;
            Assert.Equal((0, 0), (status.ActiveSlots, status.RequiredBlocks));
            Assert.True(status.BackgroundCalls > 0 && status.PrefillsWithoutMapping > 0, $"{memory}: {status}");
        }
    }

    private static GenerationRequest Request(int[] prompt) =>
        new() { Prompt = prompt, MaxTokens = 12, IgnoreStopTokens = true, Sampling = new SamplingOptions { Temperature = 0.9f, Seed = 5 } };

    /// <summary>Bits of the logits of every answer's every token.</summary>
    private static Dictionary<(long Arrival, int Position), byte[]> Logits(EngineOptions options)
    {
        using var run = new LoopRun(options, Blocks);
        var seen = new Dictionary<(long, int), byte[]>();
        run.Loop.Observer = (sequence, logits) => seen[(sequence.Arrival, sequence.Length)] = MemoryMarshal.AsBytes(logits).ToArray();
        var common = TinyModel.Tokens(70, 1);
        for (var i = 0; i < 14; i++)
        {
            int[] own = TinyModel.Tokens(5 + (23 * i % 60), 100 + i);
            run.Submit(Request(i % 2 == 0 ? [.. common[..(10 + (5 * i))], .. own] : own) with { MaxTokens = 20 + i, Choices = i % 5 == 0 ? 3 : 1 });
            run.Loop.Step();
        }

        run.Finish();
        return seen;
    }
}
