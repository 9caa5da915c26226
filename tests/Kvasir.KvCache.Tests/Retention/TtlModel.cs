namespace Kvasir.KvCache.Tests.Retention;

internal sealed class TtlModel(double timeToLive) : PolicyModel
{
    protected override Item? Choose(double seconds, List<Item> allowed) =>
        allowed.Where(item => item.Facts.Seconds + timeToLive <= seconds).MinBy(item => item.Facts.Seconds) ?? allowed.MinBy(item => item.LastUse);
}
