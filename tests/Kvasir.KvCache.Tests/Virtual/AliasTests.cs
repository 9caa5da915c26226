using System.Diagnostics;
using System.Globalization;
using Kvasir.KvCache.Index;
using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Retention;
using Kvasir.KvCache.Tables;
using Kvasir.KvCache.Tests.Support;
using Kvasir.KvCache.Tests.Tables;
using Kvasir.KvCache.Virtual;
using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Tests.Virtual;

/// <summary>A shared prefix is the same memory under several slots.</summary>
public sealed unsafe class AliasTests
{
    private const int PrefixRows = 8 * 16;
    private const int Readers = 6;

    [LinuxFact]
    public void SequencesWithACommonPrefix_TakeItsMemoryOnce()
    {
        // Blocks of 64 KiB, so that what the system counts stands out.
        var layout = new KvLayout(Layers: 2, KvHeads: 4, HeadDim: 64, KvDataType.F32, BlockRows: 16);
        using var pool = new BlockPool(layout, new BlockPoolOptions
        {
            CapacityBlocks = 64,
            Virtual = new VirtualKvOptions { Slots = 8, MaxRows = 64 * 16 },
        });
        using var stamps = new RowStamps(layout);
        var tables = SharePrefix(pool);
        foreach (var (i, table) in tables.Index())
        {
            VirtualKvTableTests.Extend(pool, table, PrefixRows + 16);
            for (var layer = 0; layer < layout.Layers; layer++)
            {
                for (var row = i == 0 ? 0 : PrefixRows; row < PrefixRows + 16; row++)
                    stamps.Write(table.WriteTarget(layer, row), (ulong)(row < PrefixRows ? row : row + (1000 * i)));
            }
        }

        foreach (var (i, table) in tables.Index())
        {
            for (var row = 0; row < PrefixRows + 16; row++)
                Assert.True(stamps.Holds(table.RowTarget(1, row), (ulong)(row < PrefixRows ? row : row + (1000 * i))), $"row {row} of reader {i}");
        }

        Assert.Equal(8 + Readers, pool.UsedBlocks);
        var bytes = (8 + Readers) * layout.BlockBytes;
        Assert.InRange(Proportional(pool.Space!), bytes - (bytes / 50), bytes + (bytes / 50)); // the system rounds every mapping
        foreach (var table in tables)
            table.Dispose();
    }

    [LinuxFact]
    public void SharedRange_IsReadOnlyForThoseWhoDidNotWriteIt()
    {
        using var pool = VirtualKvTableTests.Pool(shared: true, slots: 8);
        var tables = SharePrefix(pool);
        Assert.True(IsWritable((nint)tables[0].RowTarget(0, 5).Slice));
        foreach (var table in tables[1..])
            Assert.False(IsWritable((nint)table.RowTarget(0, 5).Slice));
        foreach (var table in tables)
            table.Dispose();
    }

    [LinuxFact]
    public void WriteToASharedRange_EndsTheProcess()
    {
        Assert.Equal(0, Child(FaultChild.Read));
        Assert.NotEqual(0, Child(FaultChild.Write));
    }

    [LinuxFact]
    public void NeighbouringBlocks_AreOneMapping()
    {
        using var pool = VirtualKvTableTests.Pool(shared: true, slots: 3);
        var before = pool.Space!.Status.Mappings;
        using var one = VirtualKvTableTests.Table(pool, 16 * 8);
        using var other = VirtualKvTableTests.Table(pool, 16 * 8);
        for (var rows = 8 * 16; rows < 16 * 16; rows += 16)
        {
            VirtualKvTableTests.Extend(pool, one, rows + 16);
            VirtualKvTableTests.Extend(pool, other, rows + 16);
        }

        Assert.Equal(before + 2, pool.Space.Status.Mappings);
    }

    [LinuxTheory]
    [InlineData(51, true, true)]
    [InlineData(52, true, false)]
    [InlineData(53, false, false)]
    public void CountedMappings_AreNoFewerThanTheSystems(int seed, bool shared, bool sliced)
    {
        using var run = new TableRun(seed, contiguous: VirtualKvTableTests.Options(shared, 8) with { Sliced = sliced });
        var space = run.Pool.Space!;
        var most = 0;
        for (var i = 0; i < 3_000; i++)
        {
            run.Step(i);
            if (i % 100 != 99)
                continue;
            Assert.True(space.HasMappings(0)); // the worker has ended
            space.Flush();
            var counted = Ranges(space).Count();
            Assert.InRange(counted, 1, space.Status.Mappings + (shared ? 1 : (2 * run.Pool.Capacity * space.Geometry.Tensors) + 1)); // and home
            most = Math.Max(most, counted);
        }

        Assert.True(most > 8, $"seed {seed}: never more than {most} mappings");
    }

    /// <summary>One table that computed a prefix, and others that found it.</summary>
    internal static UniformTable[] SharePrefix(BlockPool pool)
    {
        var index = new PrefixIndex(pool, new LruRetention());
        var tokens = Enumerable.Range(0, PrefixRows).ToArray();
        var scope = TestScopes.Create(pool.Layout);
        var first = VirtualKvTableTests.Table(pool, PrefixRows);
        index.Insert(scope, tokens, first.Blocks);
        var tables = new List<UniformTable> { first };
        while (tables.Count < Readers)
        {
            var match = index.Match(scope, tokens, PrefixRows);
            var table = VirtualKvTable.Create(pool, PrefixRows + 1, match);
            table.AttachPrefix(match);
            tables.Add(table);
        }

        index.Clear();
        return [.. tables];
    }

    private static int Child(string what)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            ArgumentList = { "exec", typeof(AliasTests).Assembly.Location },
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment[FaultChild.Variable] = what;
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        using var child = Process.Start(start)!;
        var output = child.StandardOutput.ReadToEndAsync();
        child.StandardError.ReadToEnd();
        child.WaitForExit();
        Assert.Contains(FaultChild.Ready, output.Result, StringComparison.Ordinal);
        return child.ExitCode;
    }

    /// <summary>Bytes of a space's pages, each counted once however often it is mapped.</summary>
    private static long Proportional(VirtualKvSpace space)
    {
        var first = (nint)space.SlotAddress(0);
        var end = first + (nint)(space.Geometry.AllSlotBytes + space.Geometry.HomeBytes);
        var bytes = 0L;
        var inside = false;
        foreach (var line in File.ReadLines("/proc/self/smaps"))
        {
            if (TryRange(line, out var from, out _))
                inside = from >= first && from < end;
            else if (inside && line.StartsWith("Pss:", StringComparison.Ordinal))
                bytes += 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }

        return bytes;
    }

    /// <summary>Mappings of the process in a space.</summary>
    private static IEnumerable<string> Ranges(VirtualKvSpace space)
    {
        var first = (nint)space.SlotAddress(0);
        var end = first + (nint)(space.Geometry.AllSlotBytes + space.Geometry.HomeBytes);
        return File.ReadLines("/proc/self/maps").Where(line => TryRange(line, out var from, out _) && from >= first && from < end);
    }

    private static bool IsWritable(nint address)
    {
        foreach (var line in File.ReadLines("/proc/self/maps"))
        {
            if (TryRange(line, out var first, out var end) && address >= first && address < end)
                return line.Split(' ')[1][1] == 'w';
        }

        throw new InvalidOperationException($"nothing is mapped at {address:x}");
    }

    private static bool TryRange(string line, out nint first, out nint end)
    {
        first = end = 0;
        var range = line.Split(' ')[0].Split('-');
        return range.Length == 2
            && nint.TryParse(range[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out first)
            && nint.TryParse(range[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out end);
    }
}
