using System.CommandLine;
using System.Text.Json.Nodes;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir generate</c>: answers a prompt for scripts.</summary>
internal sealed class GenerateCommand : Command, IHelpTopics
{
    private readonly Option<string?> _prompt = new("--prompt", "-p") { Description = "The prompt.", HelpName = "TEXT" };

    private readonly Option<string?> _promptFile = new("--prompt-file", "-f")
    {
        Description = "Read the prompt from a file; from standard input when neither is given.",
        HelpName = "FILE",
    };

    private readonly JsonOption _json = new("{promptTokens, tokens, text, ttftMs, reusedTokens}; tokens are ids.");
    private readonly EngineOptionSet _engine = new();
    private readonly RequestOptionSet _request = new();
    private readonly TextReader _input;

    public GenerateCommand(TextReader input)
        : base("generate", "Answers a prompt and prints the answer at its end; for scripts.")
    {
        _input = input;
        Add(_prompt);
        Add(_promptFile);
        Add(_json);
        _request.AddTo(this);
        _engine.AddTo(this);
        SetAction(RunAsync);
    }

    public IReadOnlyList<string> Examples =>
    [
        "kvasir generate --prompt-file prompt.txt --max-tokens 32 --json",
        "kvasir generate --raw --prompt \"The raven\" --max-tokens 20",
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var prompt = await PromptText.ReadAsync(parsed.GetValue(_prompt), parsed.GetValue(_promptFile), _input, cancellation).ConfigureAwait(false);
        using var engine = _engine.Load(parsed);
        using var generation = engine.Submit(_request.Read(parsed, engine, prompt));
        var answer = await generation.Choices[0].CompleteAsync(cancellation).ConfigureAwait(false);
        await _request.WriteReceiptAsync(parsed, answer, cancellation).ConfigureAwait(false);
        var output = parsed.InvocationConfiguration.Output;
        if (!parsed.GetValue(_json))
        {
            output.WriteLine(answer.Text);
            return ExitCode.Success;
        }

        JsonOutput.Write(output, new JsonObject
        {
            ["promptTokens"] = answer.Statistics.PromptTokens,
            ["tokens"] = new JsonArray([.. answer.Tokens.Select(token => JsonValue.Create(token))]),
            ["text"] = answer.Text,
            ["ttftMs"] = answer.Statistics.TimeToFirstToken.TotalMilliseconds,
            ["reusedTokens"] = answer.Statistics.ReusedTokens,
        });
        return ExitCode.Success;
    }
}
