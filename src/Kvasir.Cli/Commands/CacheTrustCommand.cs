using System.CommandLine;
using Kvasir.Cli.Output;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir cache trust</c>: whose archives are taken.</summary>
internal sealed class CacheTrustCommand : Command, IHelpTopics
{
    public CacheTrustCommand()
        : base("trust", "Says whose archives are taken, and what this machine signs with.")
    {
        Add(new CacheTrustAddCommand());
        Add(new CacheTrustListCommand());
        Add(new CacheTrustShowCommand());
    }

    public IReadOnlyList<string> Examples => ["kvasir cache trust show", "kvasir cache trust add FINGERPRINT --name builder"];
}
