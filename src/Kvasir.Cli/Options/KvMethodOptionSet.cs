using System.CommandLine;
using Kvasir.Benchmarks.Sessions;

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
    public KvMethodOptionSet(IReadOnlyList<string> used)
    {
        _policies = new Option<string[]>("--policies")
        {
            Description = $"Only these ways of keeping keys and values, of {string.Join(", ", KvMethodNames.Known)}, and of two together such as snapkv+q8_0 or razor+kivi4. Default: {string.Join(", ", used)}.",
            HelpName = "NAME",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [.. used],
        };
        _policies.Validators.Add(result =>
        {
            foreach (var name in result.GetValueOrDefault<string[]>() ?? [])
            {
                if (KvMethodNames.WhyNot(name) is { } reason)
                    result.AddError(reason);
            }
        });
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
