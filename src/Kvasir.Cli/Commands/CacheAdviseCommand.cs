using System.CommandLine;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Spectre.Console;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir cache advise</c>: what more memory would give a running server.</summary>
internal sealed class CacheAdviseCommand : Command, IHelpTopics
{
    private const int MaxAnswerBytes = 1 << 20;

    private readonly Option<string> _server = new("--server", "-s")
    {
        Description = "The server.",
        HelpName = "URL",
        DefaultValueFactory = _ => "http://127.0.0.1:8080",
    };

    private readonly Option<string?> _key = new("--key") { Description = "An API key, where the server needs one. Default: $KVASIR_API_KEY.", HelpName = "KEY" };
    private readonly JsonOption _json = new("{models: [{name, hitRate, advice: [{bytes, moreBytes, hitRate}]}]}");

    public CacheAdviseCommand()
        : base("advise", "Says what share of the prompts a running server would have found with more memory for keys and values.")
    {
        Add(_server);
        Add(_key);
        Add(_json);
        SetAction(RunAsync);
    }

    public string? Details => """
        The server watches which prefixes are asked for again and how far apart, a sample of them when they are many, and predicts from that.
        Whole chunks are counted; memory is the pool and the host tier together, with the least recently used going first.
        """;

    public IReadOnlyList<string> Examples => ["kvasir cache advise", "kvasir cache advise --server http://10.0.0.5:8080 --json"];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var status = await StatusAsync(parsed, cancellation).ConfigureAwait(false);
        var output = parsed.InvocationConfiguration.Output;
        var models = new JsonArray();
        foreach (var model in status["models"]?.AsArray() ?? [])
        {
            if (model?["memory_advice"] is not JsonArray advice)
                continue;
            models.Add((JsonNode)new JsonObject
            {
                ["name"] = model["name"]!.GetValue<string>(),
                ["hitRate"] = model["hit_rate"]?.DeepClone(),
                ["advice"] = new JsonArray([.. advice.Select(entry => new JsonObject
                {
                    ["bytes"] = entry!["bytes"]!.DeepClone(),
                    ["moreBytes"] = entry["more_bytes"]!.DeepClone(),
                    ["hitRate"] = entry["hit_rate"]!.DeepClone(),
                })]),
            });
        }

        if (parsed.GetValue(_json))
            JsonOutput.Write(output, new JsonObject { ["models"] = models });
        else
            Show(output, models);
        return ExitCode.Success;
    }

    private async Task<JsonNode> StatusAsync(ParseResult parsed, CancellationToken cancellation)
    {
        if (!Uri.TryCreate(parsed.GetRequiredValue(_server), UriKind.Absolute, out var server) || server.Scheme is not ("http" or "https"))
            throw new ArgumentException($"'{parsed.GetValue(_server)}' is no URL; write http://127.0.0.1:8080");
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(10), MaxResponseContentBufferSize = MaxAnswerBytes };
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server, "/kvasir/status"));
        if ((parsed.GetValue(_key) ?? Environment.GetEnvironmentVariable("KVASIR_API_KEY")) is { Length: > 0 } key)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        try
        {
            using var response = await client.SendAsync(request, cancellation).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
                throw new IOException($"{server} answers {(int)response.StatusCode} {response.ReasonPhrase}; give a key with --key when it needs one");
            return JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false))
                ?? throw new IOException($"{server} answers nothing");
        }
        catch (Exception exception) when (exception is HttpRequestException or System.Text.Json.JsonException)
        {
            throw new IOException($"{server} does not answer as a Kvasir server does: {ErrorReport.FirstLine(exception.Message)}", exception);
        }
    }

    private static void Show(TextWriter output, JsonArray models)
    {
        var screen = Screen.Create(output);
        foreach (var model in models)
        {
            var table = Screen.Table($"{model!["name"]}", "memory", "tokens reused");
            foreach (var entry in model["advice"]!.AsArray())
            {
                var more = entry!["moreBytes"]!.GetValue<long>();
                table.AddRow(
                    new Text(more == 0 ? "as it is" : $"+ {Screen.Size(more)}"),
                    new Text(Screen.Size(entry["bytes"]!.GetValue<long>())),
                    new Text(entry["hitRate"]!.GetValue<double>().ToString("P1", CultureInfo.InvariantCulture)));
            }

            screen.Write(table);
        }
    }
}
