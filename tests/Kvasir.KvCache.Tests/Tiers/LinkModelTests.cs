using Kvasir.KvCache.Tiers.Links;

namespace Kvasir.KvCache.Tests.Tiers;

public class LinkModelTests
{
    [Fact]
    public void Copies_FollowOneAnother_AndAQueueGoesOnWhileNobodyAsks()
    {
        var plain = new LinkModel(1000, SecondsPerCopy: 0.5);
        Assert.Equal(11.5, plain.EndsAt(1000, now: 10, freeFrom: 7), 12);
        Assert.Equal(13.5, plain.EndsAt(1000, now: 10, freeFrom: 12), 12);
        var queued = plain with { QueueSeconds = 2 };
        Assert.Equal(9.75, queued.EndsAt(1000, now: 10, freeFrom: 8.25), 12); // asked for in time: it has gone on
        Assert.Equal(13.5, queued.EndsAt(1000, now: 10, freeFrom: 12), 12);
        Assert.Equal(11.5, queued.EndsAt(1000, now: 10, freeFrom: 7.75), 12); // idle too long: it begins now
    }
}
