using System.Text;
using Kvasir.Engine.Sampling;

namespace Kvasir.Engine.Tests.Sampling;

public sealed class StopMatcherTests
{
    [Fact]
    public void RandomTexts_StopWhereASearchFindsTheFirstStopString()
    {
        for (var seed = 0; seed < 2000; seed++)
        {
            var random = new Random(seed);
            var text = Text(random, random.Next(1, 60));
            var stops = Enumerable.Range(0, random.Next(1, 4)).Select(_ => Text(random, random.Next(1, 7))).ToArray();
            var matcher = new StopMatcher(stops);
            var found = false;
            for (var at = 0; at < text.Length && !found;)
            {
                var length = Math.Min(random.Next(1, 5), text.Length - at);
                found = matcher.Feed(Encoding.UTF8.GetBytes(text.Substring(at, length)));
                at += length;
            }

            // The stop string that is complete first counts; among those that end together the longest starts first.
            var end = stops.Select(stop => (Index: text.IndexOf(stop, StringComparison.Ordinal), stop.Length))
                .Where(match => match.Index >= 0).Select(match => match.Index + match.Length).DefaultIfEmpty(-1).Min();
            var expected = end < 0 ? -1 : stops.Where(stop => text[..end].EndsWith(stop, StringComparison.Ordinal)).Min(stop => end - stop.Length);
            Assert.Equal(expected, matcher.StopAt);
            Assert.Equal(expected >= 0, found);
        }
    }

    [Fact]
    public void PendingBytes_AreTheLongestBeginningOfAStopStringAtTheEnd()
    {
        var matcher = new StopMatcher(["<|end|>", "<br>"]);
        matcher.Feed("text <|en"u8);
        Assert.Equal(4, matcher.PendingBytes);
        matcher.Feed("x<b"u8);
        Assert.Equal(2, matcher.PendingBytes);
        matcher.Feed("."u8);
        Assert.Equal(0, matcher.PendingBytes);
    }

    [Fact]
    public void RandomTexts_KeepThePendingBytesThatASearchFinds()
    {
        for (var seed = 0; seed < 2000; seed++)
        {
            var random = new Random(seed);
            var stops = Enumerable.Range(0, random.Next(1, 4)).Select(_ => Text(random, random.Next(1, 9))).ToArray();
            var matcher = new StopMatcher(stops);
            var text = "";
            while (text.Length < 60)
            {
                var next = Text(random, 1);
                text += next;
                if (matcher.Feed(Encoding.UTF8.GetBytes(next)))
                    break;
                var pending = stops.Max(stop => Enumerable.Range(0, stop.Length).Last(count => text.EndsWith(stop[..count], StringComparison.Ordinal)));
                Assert.True(pending == matcher.PendingBytes, $"seed {seed}, \"{text}\": {matcher.PendingBytes} bytes are pending, {pending} expected");
                Assert.Equal(text.Length, matcher.ByteCount);
            }
        }
    }

    [Fact]
    public void EmptyStopString_IsRefused() => Assert.Throws<ArgumentException>(() => new StopMatcher(["a", ""]));

    private static string Text(Random random, int length) => string.Concat(Enumerable.Range(0, length).Select(_ => random.Next(2) == 0 ? 'a' : 'b'));
}
