using System.CommandLine;
using Kvasir.Cli.Chat;
using Kvasir.Cli.Options;
using Kvasir.Cli.Output;

namespace Kvasir.Cli.Commands;

/// <summary><c>kvasir chat</c>: a conversation.</summary>
internal sealed class ChatCommand : Command, IHelpTopics
{
    private readonly Option<string?> _system = new("--system") { Description = "The system message.", HelpName = "TEXT" };
    private readonly Option<int?> _maxTokens = new("--max-tokens", "-n") { Description = "Most tokens of an answer.", HelpName = "N" };
    private readonly EngineOptionSet _engine = new();
    private readonly SamplingOptionSet _sampling = new();
    private readonly AdapterOptionSet _adapter = new();
    private readonly TextReader _input;
    private readonly Interruption _interruption;

    public ChatCommand(TextReader input, Interruption interruption)
        : base("chat", "A conversation in the terminal; what was said before is not computed again.")
    {
        _input = input;
        _interruption = interruption;
        Add(_system);
        Add(_maxTokens);
        _sampling.AddTo(this);
        _adapter.AddTo(this);
        _engine.AddTo(this);
        SetAction(RunAsync);
    }

    public string? Details => """
        /help lists the commands inside. Ctrl-C ends an answer, /quit or Ctrl-D the conversation.
        """;

    public IReadOnlyList<string> Examples =>
    [
        "kvasir chat",
        "kvasir chat --system \"Be concise.\" --temperature 0.7 --seed 3",
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        using var engine = _engine.Load(parsed);
        if (engine.Model.ChatTemplate is null)
            throw new InvalidOperationException($"{engine.Model.Path} has no chat template; use kvasir run --raw");
        var session = new ChatSession(
            engine, _sampling.Read(parsed), parsed.GetValue(_maxTokens), parsed.InvocationConfiguration.Output, _interruption)
        {
            Adapter = _adapter.Load(parsed, engine),
            System = parsed.GetValue(_system),
        };
        await session.RunAsync(_input).ConfigureAwait(false);
        return ExitCode.Success;
    }
}
