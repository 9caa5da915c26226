using Kvasir.Cli.Output;
using Kvasir.Engine;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sampling;
using Kvasir.Models;

namespace Kvasir.Cli.Chat;

/// <summary>A conversation: reads lines, answers them, keeps what was said.</summary>
internal sealed class ChatSession(
    KvasirEngine engine, SamplingOptions sampling, int? maxTokens, TextWriter output, Interruption interruption)
{
    private const string Help = """
        /system TEXT   set the system message and begin anew (without TEXT: show it)
        /reset         forget the conversation
        /help          this list
        /quit          end (so does Ctrl-D)
        Ctrl-C ends an answer; what was said in that turn is forgotten.
        """;

    private readonly List<ChatMessage> _messages = [];

    /// <summary>The adapter to answer with, or null for the bare model.</summary>
    public string? Adapter { get; init; }

    /// <summary>The system message, or null for none.</summary>
    public string? System { get; set; }

    /// <summary>Answers every line until the input ends.</summary>
    public async Task RunAsync(TextReader input)
    {
        output.WriteLine($"{engine.Model.Name ?? Path.GetFileName(engine.Model.Path)}, context of {Screen.Count(engine.MaxContext)} tokens. /help lists the commands.");
        while (true)
        {
            output.Write("> ");
            output.Flush();
            interruption.Idle = true;
            var line = (await input.ReadLineAsync().ConfigureAwait(false))?.Trim();
            interruption.Idle = false;
            if (line is null or "/quit" or "/exit")
                return;
            if (line.StartsWith('/'))
                Command(line);
            else if (line.Length > 0)
                await AnswerAsync(line).ConfigureAwait(false);
        }
    }

    private void Command(string line)
    {
        var name = line.Split(' ', 2)[0];
        var rest = line[name.Length..].Trim();
        switch (name)
        {
            case "/help":
                output.WriteLine(Help);
                break;
            case "/reset":
                _messages.Clear();
                output.WriteLine("The conversation is forgotten.");
                break;
            case "/system" when rest.Length == 0:
                output.WriteLine(System is null ? "There is no system message." : $"System message: {System}");
                break;
            case "/system":
                System = rest;
                _messages.Clear();
                output.WriteLine("The system message is set; the conversation begins anew.");
                break;
            default:
                output.WriteLine($"There is no command {name}; /help lists them.");
                break;
        }
    }

    private async Task AnswerAsync(string line)
    {
        _messages.Add(new ChatMessage("user", line));
        using var scope = interruption.Enter();
        try
        {
            using var generation = engine.Submit(new GenerationRequest
            {
                Prompt = engine.EncodeChat(System is null ? _messages : [new ChatMessage("system", System), .. _messages]),
                MaxTokens = maxTokens,
                Adapter = Adapter,
                Sampling = sampling,
            });
            await AnswerPrinter.PrintAsync(generation.Choices[0], output, scope.Token).ConfigureAwait(false);
            var answer = generation.Choices[0].ToAnswer();
            _messages.Add(new ChatMessage("assistant", answer.Text));
            output.WriteLine(AnswerPrinter.Summary(answer.Statistics));
        }
        catch (OperationCanceledException)
        {
            _messages.RemoveAt(_messages.Count - 1);
            output.WriteLine("(ended; this turn is forgotten)");
        }
        catch (ContextLengthException exception)
        {
            _messages.RemoveAt(_messages.Count - 1);
            output.WriteLine($"The conversation is too long: {ErrorReport.FirstLine(exception.Message)}. /reset begins anew.");
        }
    }
}
