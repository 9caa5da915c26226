using Kvasir.Benchmarks.Peers;

namespace Kvasir.Benchmarks.Tests.Peers;

public sealed class PeerDefinitionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kvasir-peers-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void APeerOfTheRepository_SaysHowItIsInstalled()
    {
        var peers = PeerDefinition.Find(RepositoryFile.Find("scripts", "peers"));
        Assert.Equal(["llama.cpp", "llama.cpp without flash attention"], peers.Select(peer => peer.Name));
        Assert.All(peers.SelectMany(peer => peer.Checks ?? []), check => Assert.Contains(check, PeerBenchmarkOptions.AllChecks));
        var peer = peers[0];
        Assert.Contains($"cd {peer.Folder} && npm install --ignore-scripts --no-package-lock", peer.Missing(searchPath: "/nowhere"), StringComparison.Ordinal);
    }

    [Fact]
    public void APeer_IsMissingUntilItsProgramAndWhatItNeedsAreThere()
    {
        Write("""{"name":"p","command":["prog","x"],"needs":"parts/one","install":"make"}""");
        var peer = PeerDefinition.Read(_folder);
        Assert.Contains("there is no prog on this machine", peer.Missing(_folder), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder, "prog"), "");
        Assert.Contains("it is not installed; run: cd ", peer.Missing(_folder), StringComparison.Ordinal);
        Directory.CreateDirectory(Path.Combine(_folder, "parts", "one"));
        Assert.Null(peer.Missing(_folder));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{"name":"p"}""")]
    [InlineData("""{"name":"p","command":[]}""")]
    [InlineData("""{"name":"p","command":"sh"}""")]
    public void ADamagedDescription_IsNamed(string text)
    {
        Write(text);
        Assert.Contains(PeerDefinition.FileName, Assert.Throws<InvalidDataException>(() => PeerDefinition.Read(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutAFolder_ThereAreNoPeers()
    {
        Assert.Empty(PeerDefinition.Find(null));
        Assert.Empty(PeerDefinition.Find(Path.Combine(_folder, "absent")));
        Assert.Empty(PeerDefinition.Find(_folder));
    }

    private void Write(string text) => File.WriteAllText(Path.Combine(_folder, PeerDefinition.FileName), text);
}
