using Kvasir.Cli.Start;

namespace Kvasir.Cli;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        FasterBuild.Become(args);
        using var interruption = Interruption.OfConsole();
        return await new CommandLine(Console.In, Console.Out, Console.Error, interruption).RunAsync(args).ConfigureAwait(false);
    }
}
