namespace Kvasir.KvCache.Tests.Retention;

internal sealed class CostModel : PolicyModel
{
    protected override void Added(Item item) => item.Cost = Math.Max(1, item.Facts.PromptTokens - item.Facts.FirstToken);

    protected override void Used(Item item, int promptTokens) =>
        item.Cost = promptTokens == 0 ? item.Cost : (0.8 * item.Cost) + (0.2 * Math.Max(1, promptTokens - item.Facts.FirstToken));

    protected override Item? Choose(double seconds, List<Item> allowed) => allowed.MinBy(item => Score(item, seconds));

    // Two ways to the same score differ in their last bits.
    protected override bool Equal(Item expected, Item chosen, double seconds) => Score(chosen, seconds) <= Score(expected, seconds) * (1 + 1e-9);

    private static double Score(Item item, double seconds) => item.Cost / item.Facts.Bytes / (1 + ((seconds - item.Seconds) / 60));
}
