using System.CommandLine;

namespace Kvasir.Cli.Options;

/// <summary>The options that say which ways of keeping keys and values are measured.</summary>
internal sealed class KvMethodOptionSet
{
    private readonly Option<string[]> _policies;

    private readonly Option<double[]> _budgets = new("--budgets")
    {
        Description = "Bytes that a policy may keep, as shares of the whole cache in 16 bits. Default: 0.5 0.25 0.125 0.0625.",
        HelpName = "SHARE",
        AllowMultipleArgumentsPerToken = true,
    };

    /// <param name="used">Those that are measured when none is named.</param>
    /// <param name="known">All.</param>
    public KvMethodOptionSet(IReadOnlyList<string> used, IReadOnlyList<string> known)
    {
        _policies = new Option<string[]>("--policies")
        {
            Description = $"Only these ways of keeping keys and values, of {string.Join(", ", known)}. Default: {string.Join(", ", used)}.",
            HelpName = "NAME",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [.. used],
        };
        _policies.AcceptOnlyFromAmong([.. known]);
    }

    public void AddTo(Command command)
    {
        command.Add(_policies);
        command.Add(_budgets);
    }

    public string[] Policies(ParseResult parsed) => parsed.GetValue(_policies)!;

    /// <summary>The budgets, or null when none is named.</summary>
    public double[]? Budgets(ParseResult parsed) => parsed.GetValue(_budgets) is { Length: > 0 } budgets ? budgets : null;
}
