using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Kvasir.Cli.Output;

/// <summary>Help with examples below it.</summary>
internal sealed class ExamplesHelpAction(SynchronousCommandLineAction help) : SynchronousCommandLineAction
{
    /// <summary>Gives the root command's help (which all commands share) its examples.</summary>
    public static void AddTo(RootCommand root)
    {
        foreach (var option in root.Options.OfType<HelpOption>())
            option.Action = new ExamplesHelpAction((SynchronousCommandLineAction)option.Action!);
    }

    public override int Invoke(ParseResult parseResult)
    {
        var code = help.Invoke(parseResult);
        var examples = parseResult.CommandResult.Command switch
        {
            IHasExamples command => command.Examples,
            RootCommand => ["kvasir demo", "kvasir chat", "kvasir run \"What is a raven?\""],
            _ => [],
        };
        if (examples.Count == 0)
            return code;
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (var example in examples)
            output.WriteLine($"  {example}");
        output.WriteLine();
        return code;
    }
}
