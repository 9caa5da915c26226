namespace Kvasir.KvCache.Tests.Retention;

internal sealed class LruModel : PolicyModel
{
    protected override Item? Choose(double seconds, List<Item> allowed) => allowed.MinBy(item => item.LastUse);
}
