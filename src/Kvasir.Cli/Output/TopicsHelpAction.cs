using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Kvasir.Cli.Output;

/// <summary>Help with a command's details and examples below it.</summary>
internal sealed class TopicsHelpAction(SynchronousCommandLineAction help) : SynchronousCommandLineAction
{
    private static readonly string[] RootExamples = ["kvasir demo", "kvasir chat", "kvasir run --raw \"The raven\" --max-tokens 40"];

    /// <summary>Help needs no argument that the command needs.</summary>
    public override bool ClearsParseErrors => true;

    /// <summary>Gives the root command's help, which all commands share, its topics.</summary>
    public static void AddTo(RootCommand root)
    {
        foreach (var option in root.Options.OfType<HelpOption>())
            option.Action = new TopicsHelpAction((SynchronousCommandLineAction)option.Action!);
    }

    public override int Invoke(ParseResult parseResult)
    {
        var code = help.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        var topics = parseResult.CommandResult.Command as IHelpTopics;
        if (topics?.Details is { } details)
        {
            output.WriteLine("Details:");
            foreach (var line in details.Split('\n'))
                output.WriteLine($"  {line.TrimEnd('\r')}");
            output.WriteLine();
        }

        output.WriteLine("Examples:");
        foreach (var example in topics?.Examples ?? RootExamples)
            output.WriteLine($"  {example}");
        output.WriteLine();
        return code;
    }
}
