using System.CommandLine;
using System.Runtime.InteropServices;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;
using Kvasir.Serving;
using Kvasir.Serving.Configuration;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir serve</c>: the server.</summary>
internal sealed class ServeCommand : Command, IHelpTopics
{
    private readonly ServerOptionSet _options = new();

    private readonly Option<bool> _printConfig = new("--print-config") { Description = "Print the settings in force, secrets masked, and end." };

    private readonly Option<bool> _printSchema = new("--print-schema") { Description = "Print the JSON schema of the configuration file, and end." };

    public ServeCommand()
        : base("serve", "Serves models to OpenAI clients, with a page at /.")
    {
        _options.AddTo(this);
        Add(_printConfig);
        Add(_printSchema);
        SetAction(RunAsync);
    }

    public string Details => """
        Settings come from kvasir.json (or --config), over it from variables such as KVASIR_LIMITS__MAXBODY,
        over them from flags; --set names any setting. Without a model the bundled one is served.
        With --reuse, text that requests mark as a part ("kvasir": {"cache": true} beside its "text") need not be computed
        again where it recurs behind other text: retrieved documents in another order, another agent's answer. Such answers
        are approximate; usage.kvasir says how much was reused, and --audit-rate measures how far they deviate.
        The first Ctrl-C or SIGTERM lets requests under way end (drainTimeout), the second ends at once.
        """;

    public IReadOnlyList<string> Examples =>
    [
        "kvasir serve",
        "kvasir serve --model model.gguf --listen http://0.0.0.0:8080 --set limits.tenantRequests=16",
        "kvasir serve --reuse cacheblend:0.15 --audit-rate 0.05",
        "kvasir serve --config /etc/kvasir/kvasir.json --print-config",
        "curl http://127.0.0.1:8080/v1/chat/completions -d '{\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}'",
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_printSchema))
        {
            output.WriteLine(ConfigurationFile.Schema());
            return ExitCode.Success;
        }

        var file = _options.Open(parsed);
        if (parsed.GetValue(_printConfig))
        {
            output.WriteLine(file.Print());
            return ExitCode.Success;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var atOnce = new CancellationTokenSource();
        using var signal = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            (stop.IsCancellationRequested ? atOnce : stop).Cancel();
        });
        await using var server = await KvasirServer.StartAsync(ServerOptionSet.Read(file), cancellation: stop.Token).ConfigureAwait(false);
        var error = parsed.InvocationConfiguration.Error;
        foreach (var address in server.Addresses)
            error.WriteLine($"listening on {address}");
        foreach (var address in server.AdminAddresses)
            error.WriteLine($"operator's endpoints on {address}");
        await server.WaitAsync(stop.Token, atOnce.Token).ConfigureAwait(false);
        return ExitCode.Success;
    }
}
