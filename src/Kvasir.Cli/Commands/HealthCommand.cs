using System.CommandLine;
using Kvasir.Cli.Output;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir health</c>: asks a running server, for containers and service managers that have no other program to ask with.</summary>
internal sealed class HealthCommand : Command, IHelpTopics
{
    private readonly Argument<string> _url = new("URL")
    {
        Description = "What to ask; ready when it answers with a 2xx status.",
        DefaultValueFactory = _ => "http://127.0.0.1:8080/health",
    };

    private readonly Option<double> _timeout = new("--timeout")
    {
        Description = "Seconds to wait.",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => 5,
    };

    public HealthCommand()
        : base("health", "Asks a running server how it is; exits 1 when it is not well or not there.")
    {
        Add(_url);
        Add(_timeout);
        _timeout.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double>() is not (> 0 and <= 3600))
                result.AddError($"--timeout is {result.GetValueOrDefault<double>()}; allowed: above 0, at most 3600");
        });
        SetAction(RunAsync);
    }

    public IReadOnlyList<string> Examples => ["kvasir health", "kvasir health http://127.0.0.1:8080/ready --timeout 2"];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var text = parsed.GetRequiredValue(_url);
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw new ArgumentException($"'{text}' is no URL; write http://127.0.0.1:8080/health");
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(parsed.GetValue(_timeout)) };
        try
        {
            using var response = await client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
            parsed.InvocationConfiguration.Output.WriteLine($"{url}: {(int)response.StatusCode} {response.ReasonPhrase}");
            return response.IsSuccessStatusCode ? ExitCode.Success : ExitCode.Failure;
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException && !cancellation.IsCancellationRequested)
        {
            throw new IOException($"{url} does not answer: {ErrorReport.FirstLine(exception.InnerException?.Message ?? exception.Message)}", exception);
        }
    }
}
