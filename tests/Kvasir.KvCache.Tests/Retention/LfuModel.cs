namespace Kvasir.KvCache.Tests.Retention;

internal sealed class LfuModel : PolicyModel
{
    private double _age;

    protected override void Added(Item item) => Used(item, 0);

    protected override void Used(Item item, int promptTokens) => item.Priority = ++item.Uses + _age;

    protected override void Removed(Item item, bool evicted) => _age = evicted ? Math.Max(_age, item.Priority) : _age;

    protected override Item? Choose(double seconds, List<Item> allowed) => allowed.OrderBy(item => item.Priority).ThenBy(item => item.LastUse).FirstOrDefault();
}
