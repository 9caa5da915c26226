using System.CommandLine;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir bench</c>: measurements.</summary>
internal sealed class BenchCommand : Command
{
    public BenchCommand()
        : base("bench", "Measures.") => Add(new BenchSpeedCommand());
}
