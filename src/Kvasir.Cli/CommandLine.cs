using System.CommandLine;
using Kvasir.Cli.Commands;
using Kvasir.Cli.Output;

namespace Kvasir.Cli;

/// <summary>The whole command line: reads arguments, runs a command, turns what goes wrong into one line and an exit code.</summary>
internal sealed class CommandLine(TextReader input, TextWriter output, TextWriter error, Interruption interruption)
{
    private const string Description = """
        Kvasir runs language models and reuses what was computed before: the same prompt, document or conversation is
        read once, and every answer has exactly the bits of a cold run.

        A small model is bundled, so every command works as it stands; --model takes a GGUF file, a Hugging Face
        folder, or the name of a model that was pulled from a hub.
        """;

    public async Task<int> RunAsync(string[] args)
    {
        var parsed = Root().Parse(args.Length == 0 ? ["--help"] : args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0 && parsed.Action is not TopicsHelpAction)
        {
            error.WriteLine($"kvasir: {Problem(parsed)} (see {string.Join(' ', Names(parsed.CommandResult))} --help)");
            return ExitCode.Usage;
        }

        try
        {
            return await parsed.InvokeAsync(
                new InvocationConfiguration
                {
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = null,
                    Output = output,
                    Error = error,
                },
                interruption.Token).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            return ErrorReport.Write(exception, error);
        }
    }

    private RootCommand Root()
    {
        var root = new RootCommand(Description);
        root.Add(new RunCommand(input));
        root.Add(new ChatCommand(input, interruption));
        root.Add(new ServeCommand());
        root.Add(new DemoCommand());
        root.Add(new GenerateCommand(input));
        root.Add(new EmbedCommand(input));
        root.Add(new ReplayCommand());
        root.Add(new PullCommand());
        root.Add(new ListCommand());
        root.Add(new RemoveCommand(input));
        root.Add(new ModelCommand());
        root.Add(new CacheCommand(input));
        root.Add(new KvCommand());
        root.Add(new TokenizeCommand(input));
        root.Add(new BenchCommand(input));
        root.Add(new FuzzCommand());
        root.Add(new DoctorCommand());
        root.Add(new HealthCommand());
        TopicsHelpAction.AddTo(root);
        return root;
    }

    private static string Problem(ParseResult parsed) => parsed.UnmatchedTokens.Count > 0
        ? $"there is no command or option '{parsed.UnmatchedTokens[0]}' here"
        : ErrorReport.FirstLine(parsed.Errors[0].Message);

    private static IEnumerable<string> Names(System.CommandLine.Parsing.CommandResult result)
    {
        var names = new Stack<string>();
        for (System.CommandLine.Parsing.SymbolResult? symbol = result; symbol is not null; symbol = symbol.Parent)
        {
            if (symbol is System.CommandLine.Parsing.CommandResult command)
                names.Push(command.Command is RootCommand ? "kvasir" : command.Command.Name);
        }

        return names;
    }
}
