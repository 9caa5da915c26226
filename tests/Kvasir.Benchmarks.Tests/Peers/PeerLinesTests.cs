using Kvasir.Benchmarks.Peers;

namespace Kvasir.Benchmarks.Tests.Peers;

public sealed class PeerLinesTests
{
    [Fact]
    public void ATurn_ComesBackAsItWasAsked()
    {
        var turn = PeerLines.ParseAsk(PeerLines.Ask(new Turn([[1, 2, 3], [4, 5, 6]], 7, 2, Reuse: true)));
        Assert.Equal([[1, 2, 3], [4, 5, 6]], turn.Prompts);
        Assert.Equal((7, 2, true), (turn.Answer, turn.Threads, turn.Reuse));
    }

    [Fact]
    public void ATime_ComesBackAsItWasTaken()
    {
        var time = PeerLines.ParseDone(PeerLines.Done(new TurnTime(1.5, 500, 32)));
        Assert.Equal(new TurnTime(1.5, 500, 32), time);
        Assert.Equal(64, time.DecodeTps);
    }

    [Fact]
    public void TheFirstLine_HasTheVersion() => Assert.Equal("v1 \"x\"", PeerLines.ParseReady(PeerLines.Ready("v1 \"x\"")));

    [Fact]
    public void AnErrorOfThePeer_IsItsMessage() =>
        Assert.Equal("no room", Assert.Throws<PeerException>(() => PeerLines.ParseDone(PeerLines.Failed("no room"))).Message);

    [Theory]
    [InlineData("")]
    [InlineData("warning: something")]
    [InlineData("[]")]
    [InlineData("""{"firstMs":1}""")]
    [InlineData("""{"firstMs":"1","restMs":2,"tokens":3}""")]
    [InlineData("""{"firstMs":-1,"restMs":2,"tokens":3}""")]
    [InlineData("""{"firstMs":1,"restMs":2,"tokens":3.5}""")]
    public void OtherLines_AreRefusedAsWhatTheyAre(string line)
    {
        Assert.Contains(line, Assert.Throws<PeerException>(() => PeerLines.ParseDone(line)).Message, StringComparison.Ordinal);
        Assert.Throws<PeerException>(() => PeerLines.ParseReady(line));
        Assert.Throws<PeerException>(() => PeerLines.ParseAsk(line));
    }

    [Theory]
    [InlineData("""{"prompts":[],"answer":1,"threads":1,"reuse":false}""")]
    [InlineData("""{"prompts":[[]],"answer":1,"threads":1,"reuse":false}""")]
    [InlineData("""{"prompts":[[1]],"answer":0,"threads":1,"reuse":false}""")]
    [InlineData("""{"prompts":[[1]],"answer":1,"threads":0,"reuse":false}""")]
    public void TurnsOfNothing_AreRefused(string line) => Assert.Throws<PeerException>(() => PeerLines.ParseAsk(line));
}
