using System.CommandLine;

namespace Kvasir.Cli.Options;

/// <summary><c>--json</c>: one JSON object on standard output and nothing else.</summary>
internal sealed class JsonOption : Option<bool>
{
    public JsonOption(string shape)
        : base("--json")
    {
        Description = $"Print one JSON object and nothing else: {shape}";
    }
}
