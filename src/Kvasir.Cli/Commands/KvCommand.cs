using System.CommandLine;
using Kvasir.Cli.Output;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir kv</c>: making the KV cache of long prompts smaller.</summary>
internal sealed class KvCommand : Command, IHelpTopics
{
    public KvCommand()
        : base("kv", "Keeps fewer rows of long prompts: the policies, and what they must know of a model.")
    {
        Add(new KvPoliciesCommand());
        Add(new KvProfileHeadsCommand());
        Add(new KvProfileRanksCommand());
        Add(new KvAdviseCommand());
    }

    public string? Details => """
        A policy keeps a share of the rows of a prompt, by layer and head; the answer is approximate, and says how much attention the kept
        rows had. docs/kv-compression.md says which policy is for what.
        """;

    public IReadOnlyList<string> Examples => ["kvasir kv policies", "kvasir kv advise --sample prompts.jsonl", "kvasir kv profile-heads --model M", "kvasir generate -f long.txt --kv-policy snapkv:0.25"];
}
