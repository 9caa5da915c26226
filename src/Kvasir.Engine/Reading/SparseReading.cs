using System.Globalization;
using Kvasir.Engine.Requests;
using Kvasir.KvCache.Reading;

namespace Kvasir.Engine.Reading;

/// <summary>
/// Asks that fewer rows are read than are kept: by the prompt's queries (sparse prefill) or by the answer's (retrieval), as the policy has it.
/// The answer is approximate (guarantee G2); rows that are not exact are found only by prompts that are read in the same way.
/// </summary>
public sealed record SparseReading
{
    /// <summary>Which rows are read.</summary>
    public required IReadingPolicy Policy { get; init; }

    /// <summary>Rows that a query of a KV head reads, about; null to say it by <see cref="Share"/>.</summary>
    public int? Rows { get; init; }

    /// <summary>The same as a share of the rows before <see cref="Point"/>, above 0 and up to 1.</summary>
    public double Share { get; init; } = 0.25;

    /// <summary>Tokens of the prompt that may be read sparsely, what follows is read densely; all when null.</summary>
    public int? Point { get; init; }

    /// <summary>Reads <c>name</c>, <c>name:share</c> or <c>name:rows</c>, such as <c>quest:1024</c> or <c>a-shape:0.25</c>.</summary>
    /// <exception cref="FormatException">Says what is wrong with the text.</exception>
    public static SparseReading Parse(string text)
    {
        try
        {
            var budget = BudgetText.Parse(text);
            var reading = new SparseReading { Policy = ReadingPolicies.Create(budget.Name), Rows = budget.Rows };
            return budget.Share is { } share ? reading with { Share = share } : reading;
        }
        catch (ArgumentException error)
        {
            throw new FormatException(error.Message, error);
        }
    }

    /// <summary>Rows that a query of a KV head reads of so many.</summary>
    public int BudgetOf(int rows) => Math.Max(1, Rows ?? (int)Math.Ceiling(rows * Share));

    /// <summary>What stands for it in the scope of rows that it shapes, or null when it shapes none: its policy, its chunks and its budget.</summary>
    /// <param name="prompt">Tokens of the prompt.</param>
    internal string? ScopeText(int prompt) => Policy.ShapesPrompt
        ? string.Create(CultureInfo.InvariantCulture, $"read/3;{Policy.Name};chunk={Policy.ChunkRows};rows={BudgetOf(Point ?? prompt)}")
        : null;
}
