using System.CommandLine;
using System.Text.Json.Nodes;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Kvasir.KvCache.Tiers.Archives;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir cache trust</c>: whose archives are taken.</summary>
internal sealed class CacheTrustCommand : Command, IHelpTopics
{
    public CacheTrustCommand()
        : base("trust", "Says whose archives are taken, and what this machine signs with.")
    {
        Add(new AddKey());
        Add(new ListKeys());
        Add(new ShowKey());
    }

    public IReadOnlyList<string> Examples => ["kvasir cache trust show", "kvasir cache trust add FINGERPRINT --name builder"];

    /// <summary>Adds a key.</summary>
    private sealed class AddKey : Command, IHelpTopics
    {
        private readonly CacheOptionSet _cache = new();
        private readonly Argument<string> _fingerprint = new("FINGERPRINT") { Description = "The key's fingerprint, as 'kvasir cache trust show' prints it there." };
        private readonly Option<string> _name = new("--name") { Description = "What to call it.", HelpName = "NAME", DefaultValueFactory = _ => "" };
        private readonly JsonOption _json = new("{fingerprint, name, added}");

        public AddKey()
            : base("add", "Trusts a key.")
        {
            Add(_fingerprint);
            _cache.AddTo(this, stores: false);
            Add(_name);
            Add(_json);
            SetAction(Run);
        }

        public IReadOnlyList<string> Examples => ["kvasir cache trust add FINGERPRINT --name builder"];

        private int Run(ParseResult parsed)
        {
            var (fingerprint, name) = (parsed.GetValue(_fingerprint)!, parsed.GetValue(_name)!);
            var added = TrustList.Open(_cache.Folder(parsed).KeyFolder).Add(fingerprint, name);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(_json))
                JsonOutput.Write(output, new JsonObject { ["fingerprint"] = fingerprint.ToLowerInvariant(), ["name"] = name, ["added"] = added });
            else
                output.WriteLine(added ? "added" : "was trusted already");
            return ExitCode.Success;
        }
    }

    /// <summary>Lists the keys.</summary>
    private sealed class ListKeys : Command, IHelpTopics
    {
        private readonly CacheOptionSet _cache = new();
        private readonly JsonOption _json = new("{keys: [{fingerprint, name}]}");

        public ListKeys()
            : base("list", "Lists the trusted keys.")
        {
            _cache.AddTo(this, stores: false);
            Add(_json);
            SetAction(Run);
        }

        public IReadOnlyList<string> Examples => ["kvasir cache trust list"];

        private int Run(ParseResult parsed)
        {
            var keys = TrustList.Open(_cache.Folder(parsed).KeyFolder).Keys;
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(_json))
            {
                JsonOutput.Write(output, new JsonObject
                {
                    ["keys"] = new JsonArray([.. keys.Select(key => new JsonObject { ["fingerprint"] = key.Fingerprint, ["name"] = key.Name })]),
                });
                return ExitCode.Success;
            }

            foreach (var key in keys)
                output.WriteLine($"{key.Fingerprint} {key.Name}".TrimEnd());
            return ExitCode.Success;
        }
    }

    /// <summary>Shows this machine's key; makes it when there is none.</summary>
    private sealed class ShowKey : Command, IHelpTopics
    {
        private readonly CacheOptionSet _cache = new();
        private readonly JsonOption _json = new("{fingerprint}");

        public ShowKey()
            : base("show", "Shows the fingerprint of the key that this cache's archives are signed with.")
        {
            _cache.AddTo(this, stores: false);
            Add(_json);
            SetAction(Run);
        }

        public IReadOnlyList<string> Examples => ["kvasir cache trust show"];

        private int Run(ParseResult parsed)
        {
            using var key = SigningKey.Open(_cache.Folder(parsed).KeyFolder);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(_json))
                JsonOutput.Write(output, new JsonObject { ["fingerprint"] = key.Fingerprint });
            else
                output.WriteLine(key.Fingerprint);
            return ExitCode.Success;
        }
    }
}
