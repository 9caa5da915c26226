using Kvasir.Engine.Requests;
using Kvasir.KvCache.Compression;
using Kvasir.KvCache.Compression.Profiles;

namespace Kvasir.Engine.Compression;

/// <summary>
/// Asks for a smaller KV cache: at the compress point a policy keeps a number of rows a head and layer, and what follows sees only these. The
/// answer is approximate (guarantee G2); its statistics say how much attention the kept rows had.
/// </summary>
public sealed record KvCompression
{
    /// <summary>Which rows stay.</summary>
    public required ICompressionPolicy Policy { get; init; }

    /// <summary>Rows that a KV head of a layer keeps on average, where the policy takes a budget; null to say it by <see cref="Share"/>.</summary>
    public int? Rows { get; init; }

    /// <summary>The same as a share of the rows before the compress point, above 0 and up to 1; for Palu a share of the bytes that old rows have in 16 bits.</summary>
    public double Share { get; init; } = 0.25;

    /// <summary>
    /// Tokens of the prompt before the compress point; all when null. Where a context is asked more than once it ends before the first question
    /// that is not to be seen.
    /// </summary>
    public int? Point { get; init; }

    /// <summary>
    /// True to compress layer by layer while the prompt is computed, so that memory for all layers' rows is never needed (CAKE's cascade). The
    /// prompt must fit a step, and the policy must drop rows; nothing is then taken from the prefix cache or left there.
    /// </summary>
    public bool Cascade { get; init; }

    /// <summary>Reads <c>name</c>, <c>name:share</c> or <c>name:rows</c>, such as <c>snapkv:0.25</c>, <c>cake:256</c> or <c>snapkv+kivi2:0.25</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="profiles">What was measured of the model.</param>
    /// <exception cref="FormatException">Says what is wrong with the text.</exception>
    public static KvCompression Parse(string text, ModelProfiles? profiles = null)
    {
        try
        {
            var budget = BudgetText.Parse(text);
            var policy = CompressionPolicies.Create(budget.Name, profiles);
            if (!CompressionPolicies.TakesBudget(budget.Name) && budget != new BudgetText(budget.Name, null, null))
                throw new FormatException($"KV policy '{text}': {policy.Name} takes no budget; write {policy.Name} alone");
            if (policy.Packing?.Ranks is not null && budget.Rows is not null)
                throw new FormatException($"KV policy '{text}': {policy.Name} keeps all rows, and is told a share of their bytes; write {policy.Name}:0.5");
            var compression = new KvCompression { Policy = policy, Rows = budget.Rows };
            return budget.Share is { } share ? compression with { Share = share } : compression;
        }
        catch (ArgumentException error)
        {
            throw new FormatException(error.Message, error);
        }
    }

    /// <summary>Rows that a KV head of a layer keeps of so many.</summary>
    public int BudgetOf(int rows) => Math.Max(1, Rows ?? (int)Math.Ceiling(rows * Share));
}
