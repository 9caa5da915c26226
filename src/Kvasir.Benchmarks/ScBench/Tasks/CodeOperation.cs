namespace Kvasir.Benchmarks.ScBench.Tasks;

/// <summary>A line of a generated function and how it is described.</summary>
/// <param name="Code">The line, with {0} for a number.</param>
/// <param name="Words">The description, with {0} for the number.</param>
internal sealed record CodeOperation(string Code, string Words)
{
    /// <summary>All that functions are made of; each changes <c>values</c>, a list of integers.</summary>
    public static readonly CodeOperation[] All =
    [
        new("values = [value + {0} for value in values]", "adds {0} to every number"),
        new("values = [value * {0} for value in values]", "multiplies every number by {0}"),
        new("values = [value - {0} for value in values]", "subtracts {0} from every number"),
        new("values = [value for value in values if value > {0}]", "keeps the numbers above {0}"),
        new("values = [value for value in values if value < {0}]", "keeps the numbers below {0}"),
        new("values = [value for value in values if value % {0} == 0]", "keeps the multiples of {0}"),
        new("values = [value // {0} for value in values]", "divides every number by {0} without remainder"),
        new("values = values[{0}:]", "drops the first {0} numbers"),
        new("values = values[:{0}]", "takes only the first {0} numbers"),
        new("values = values + [{0}]", "appends the number {0}"),
        new("values = [value % {0} for value in values]", "replaces every number by its remainder modulo {0}"),
        new("values = [{0}] + values", "puts the number {0} in front"),
    ];
}
