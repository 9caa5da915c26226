using Kvasir.Engine.Tests.Support;
using Kvasir.KvCache.Retention.Objects;
using Kvasir.KvCache.Tiers;
using Kvasir.KvCache.Tiers.Books;
using Kvasir.KvCache.Tiers.Host;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Tests.Tiers;

/// <summary>Rows that are not what the model computes: none of them ever gives an answer (guarantee G4).</summary>
public sealed class FalseRowsTests
{
    private static readonly int[] Prompt = TinyModel.Tokens(150, 1);

    public static TheoryData<string> Faults => ["layers swapped", "heads swapped", "keys and values swapped", "rope off by one", "other data type", "rows of other tokens", "zeros"];

    [Theory]
    [MemberData(nameof(Faults))]
    public void FalseRows_AreAMissAndAnAlarm(string fault)
    {
        byte[]? previous = null;
        using var run = Run((chunk, bytes, layout) =>
        {
            if (fault == "rows of other tokens")
            {
                var own = bytes.ToArray();
                (previous ?? new byte[own.Length]).CopyTo(bytes);
                previous = own;
                return;
            }

            for (var block = 0; block < chunk.Tokens.Length / layout.BlockRows; block++)
                Falsify(fault, bytes.Slice((int)(block * layout.BlockBytes), (int)layout.BlockBytes), layout);
        });
        var computed = run.Answer(Prompt);
        run.Forget();
        Assert.Equal(computed, run.Answer(Prompt));
        Assert.Equal((0L, 1L), (run.Counters.Loads, run.Counters.Forged));
        run.CheckNothingLeaks();
    }

    [Fact]
    public void OneFlippedBitInTheTiersMemory_IsAMiss()
    {
        using var run = Run((_, _, _) => { });
        var computed = run.Answer(Prompt);
        run.Forget();
        var host = (HostTier)((ChangedTier)run.Tier).Inner;
        using (var pin = host.TryPin(host.List()[2].Key, "test", TimeSpan.FromMinutes(1))!)
        {
            unsafe
            {
                host.RecordAddress(pin, 0, 1)[77] ^= 4;
            }
        }

        Assert.Equal(computed, run.Answer(Prompt));
        Assert.Equal((1L, 1L), (run.Counters.Failed, run.Counters.Damaged));
        run.CheckNothingLeaks();
    }

    [Fact]
    public void FalseRowOutsideTheSample_IsFoundInIdleTime()
    {
        using var run = Run(
            (chunk, bytes, layout) =>
            {
                if (chunk.FirstToken == 96)
                    bytes[bytes.Length / 2] ^= 1;
            },
            verifyRows: 0);
        run.Answer(Prompt);
        run.Forget();
        run.Answer(Prompt);
        Assert.Equal(1, run.Counters.Loads);
        while (run.Run.Loop.Scrub())
        {
        }

        Assert.Equal(1, run.Counters.ScrubFaults);
        Assert.InRange(run.Counters.ScrubbedRows, 97, 128);
        Assert.Equal(0, run.Run.Loop.Index.CachedTokens);
        run.CheckNothingLeaks();
    }

    [Fact]
    public void TrueRows_PassTheScrub()
    {
        using var run = Run((_, _, _) => { });
        run.Answer(Prompt);
        run.Forget();
        run.Answer(Prompt);
        while (run.Run.Loop.Scrub())
        {
        }

        Assert.Equal((128L, 0L), (run.Counters.ScrubbedRows, run.Counters.ScrubFaults));
        run.CheckNothingLeaks();
    }

    private static void Falsify(string fault, Span<byte> block, KvLayout layout)
    {
        var slice = (int)layout.SliceBytes;
        switch (fault)
        {
            case "layers swapped":
                Swap(block[..slice], block.Slice(slice, slice));
                break;
            case "heads swapped":
                for (var layer = 0; layer < layout.Layers; layer++)
                    Swap(block.Slice(layer * slice, slice / 2), block.Slice((layer * slice) + (slice / 2), slice / 2));
                break;
            case "keys and values swapped":
                for (var layer = 0; layer < layout.Layers; layer++)
                    Swap(block.Slice((layer * slice) + layout.KeyOffset(0), layout.HeadBytes), block.Slice((layer * slice) + layout.ValueOffset(0), layout.HeadBytes));
                break;
            case "rope off by one":
                ShiftRows(block, layout);
                break;
            case "other data type":
                for (var i = 0; i + 1 < block.Length; i += 2)
                    BitConverter.TryWriteBytes(block[i..], (ushort)(BitConverter.SingleToInt32Bits((float)BitConverter.ToHalf(block[i..])) >> 16));
                break;
            default:
                block.Clear();
                break;
        }
    }

    /// <summary>Every row's keys stand one position too early.</summary>
    private static void ShiftRows(Span<byte> block, KvLayout layout)
    {
        var element = layout.ElementBytes;
        for (var layer = 0; layer < layout.Layers; layer++)
        {
            for (var head = 0; head < layout.KvHeads; head++)
            {
                var keys = block.Slice((int)(layer * layout.SliceBytes) + layout.KeyOffset(head), layout.HeadBytes);
                for (var lanes = 0; lanes + (KvLayout.RowGroup * element) <= keys.Length; lanes += KvLayout.RowGroup * element)
                    keys.Slice(lanes + element, (KvLayout.RowGroup - 1) * element).CopyTo(keys[lanes..]);
            }
        }
    }

    private static void Swap(Span<byte> a, Span<byte> b)
    {
        var copy = a.ToArray();
        b.CopyTo(a);
        copy.CopyTo(b);
    }

    private delegate void Change(ChunkDescriptor chunk, Span<byte> bytes, KvLayout layout);

    private static TierRun Run(Change change, int verifyRows = 4) => new(tiers: options => options with
    {
        HostBytes = 0,
        VerifyRows = verifyRows,
        Further = geometry =>
        [
            new ChangedTier(
                new HostTier(geometry, new TierLimits { CapacityBytes = 64 << 20 }, new LruPolicy()),
                (chunk, bytes) => change(chunk, bytes, geometry.Layout)),
        ],
    });
}
