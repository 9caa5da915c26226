using System.CommandLine;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir run</c>: answers a prompt, streaming.</summary>
internal sealed class RunCommand : Command, IHelpTopics
{
    private readonly Argument<string?> _prompt = new("PROMPT")
    {
        Description = "What to answer. Read from standard input when it is left out.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _promptFile = new("--prompt-file", "-f") { Description = "Read the prompt from a file.", HelpName = "FILE" };

    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Leave out the summary line." };

    private readonly EngineOptionSet _engine = new();
    private readonly RequestOptionSet _request = new();
    private readonly TextReader _input;

    public RunCommand(TextReader input)
        : base("run", "Answers a prompt, token by token as it is computed.")
    {
        _input = input;
        Add(_prompt);
        Add(_promptFile);
        Add(_quiet);
        _request.AddTo(this);
        _engine.AddTo(this);
        SetAction(RunAsync);
    }

    public string? Details => """
        The prompt is put into the model's chat format; --raw continues it as plain text instead.
        The summary line goes to standard error, so that the answer can be piped.
        """;

    public IReadOnlyList<string> Examples =>
    [
        "kvasir run \"The access code for golden-river is 482913. What is the access code for golden-river?\"",
        "kvasir run --raw \"Once upon a time\" --max-tokens 60 --temperature 0.8 --seed 7",
        "kvasir run < question.txt --receipt answer.json",
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var prompt = await PromptText.ReadAsync(parsed.GetValue(_prompt), parsed.GetValue(_promptFile), _input, cancellation).ConfigureAwait(false);
        using var engine = _engine.Load(parsed);
        using var generation = engine.Submit(_request.Read(parsed, engine, prompt));
        var output = parsed.InvocationConfiguration.Output;
        var choice = generation.Choices[0];
        await AnswerPrinter.PrintAsync(choice, output, cancellation).ConfigureAwait(false);
        var answer = choice.ToAnswer();
        if (!parsed.GetValue(_quiet))
            parsed.InvocationConfiguration.Error.WriteLine(AnswerPrinter.Summary(answer.Statistics));
        await _request.WriteReceiptAsync(parsed, answer, cancellation).ConfigureAwait(false);
        return ExitCode.Success;
    }
}
