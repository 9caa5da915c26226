using System.Text.Json;

namespace Kvasir.Cli.Tests;

/// <summary>What a run of the command line gave.</summary>
internal sealed record CliResult(int Code, string Output, string Error)
{
    /// <summary>The whole of standard output as one JSON object.</summary>
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    /// <summary>The names of the JSON object's fields, in order.</summary>
    public IEnumerable<string> Fields => Json.EnumerateObject().Select(property => property.Name);
}
