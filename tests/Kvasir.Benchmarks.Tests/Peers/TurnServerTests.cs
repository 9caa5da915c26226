using Kvasir.Benchmarks.Peers;

namespace Kvasir.Benchmarks.Tests.Peers;

public sealed class TurnServerTests(TestModel model) : IClassFixture<TestModel>
{
    [Fact]
    public async Task Kvasir_AnswersTurnsAsAPeer_AndSurvivesWhatIsNoTurn()
    {
        var input = string.Join('\n', PeerLines.Ask(new Turn([[1, 2, 3], [4, 5, 6]], 5, 1, Reuse: false)), "nonsense", PeerLines.Ask(new Turn([[1, 2, 3]], 500, 1, Reuse: true)), PeerLines.Ask(new Turn([[1, 2, 3]], 2, 2, Reuse: true)));
        using var output = new StringWriter();
        await TurnServer.RunAsync(model.Path, 2048, "1.2.3", new StringReader(input), output, CancellationToken.None);
        var lines = output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(5, lines.Length);
        Assert.Equal("1.2.3", PeerLines.ParseReady(lines[0]));
        Assert.Equal(8, PeerLines.ParseDone(lines[1]).Tokens);
        Assert.Contains("nonsense", Assert.Throws<PeerException>(() => PeerLines.ParseDone(lines[2])).Message, StringComparison.Ordinal);
        Assert.Contains("256", Assert.Throws<PeerException>(() => PeerLines.ParseDone(lines[3])).Message, StringComparison.Ordinal);
        Assert.Equal(1, PeerLines.ParseDone(lines[4]).Tokens);
    }
}
