using System.Diagnostics;
using Kvasir.KvCache.Tiers.Disk;

namespace Kvasir.KvCache.Tests.Tiers.Disk;

/// <summary>Processes that are killed while they store.</summary>
public sealed class DiskTierKillTests : IDisposable
{
    private const int Rounds = 10;
    private readonly string _root = Directory.CreateTempSubdirectory("kvasir-kill-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void AfterEveryKill_TheFolderOpens_AndHoldsWholeObjectsOnly()
    {
        var seen = 0;
        var chunks = Enumerable.Range(0, StoreUntilKilled.Keys).Select(StoreUntilKilled.Chunk).ToArray();
        for (var round = 0; round < Rounds; round++)
        {
            RunAndKill(round, stores: 3 + (round * 3));
            using var tier = new DiskTier(StoreUntilKilled.Options(_root), new ListPolicy());
            tier.CheckIntegrity();
            Assert.Equal((0L, 0), (tier.Status.Damaged, tier.Status.Pins));
            for (var key = 0; key < StoreUntilKilled.Keys; key++)
            {
                if (!tier.Contains(chunks[key].Descriptor.Key))
                    continue;
                Assert.True(chunks[key].IsIn(tier), $"round {round}: object {key} is not what was stored");
                seen++;
            }

            var files = Directory.GetFiles(Path.Combine(tier.Folder, "objects"), "*", SearchOption.AllDirectories);
            Assert.Equal(tier.Status.Objects, files.Length);
            Assert.Equal(tier.Status.Bytes, files.Sum(file => new FileInfo(file).Length));
        }

        Array.ForEach(chunks, chunk => chunk.Dispose());
        Assert.True(seen > Rounds, $"only {seen} objects were ever found");
    }

    private void RunAndKill(int seed, int stores)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in new[] { "exec", typeof(DiskTierKillTests).Assembly.Location, StoreUntilKilled.Argument, _root, $"{seed}" })
            start.ArgumentList.Add(argument);
        using var child = Process.Start(start)!;
        for (var line = 0; line < stores; line++)
            Assert.True(child.StandardOutput.ReadLine() is not null, $"the child ended by itself: {(child.HasExited ? child.StandardError.ReadToEnd() : "")}");

        // In the midst of whatever it does now.
        child.Kill();
        child.WaitForExit();
    }
}
