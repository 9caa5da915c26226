using System.CommandLine;
using Kvasir.Cli.Output;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir bench</c>: measurements.</summary>
internal sealed class BenchCommand : Command, IHelpTopics
{
    public BenchCommand(TextReader input)
        : base("bench", "Measures.")
    {
        Add(new BenchSpeedCommand());
        Add(new BenchServerCommand());
        Add(new BenchPeersCommand(input));
        Add(new BenchFusionCommand());
        Add(new BenchTiersCommand());
        Add(new BenchTierFaultsCommand());
        Add(new BenchRetentionCommand());
        Add(new BenchVirtualCommand());
        Add(new BenchRagCommand());
        Add(new BenchCompressionCommand());
        Add(new BenchScbenchCommand());
        Add(new BenchNeedleCommand());
        Add(new BenchPerplexityCommand());
        Add(new BenchAgentsCommand());
    }

    public IReadOnlyList<string> Examples => ["kvasir bench speed --prompt-tokens 512 --decode-tokens 64", "kvasir bench server --quick", "kvasir bench peers --quick"];
}
