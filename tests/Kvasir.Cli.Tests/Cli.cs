namespace Kvasir.Cli.Tests;

/// <summary>Runs the command line in this process.</summary>
internal static class Cli
{
    public static async Task<CliResult> RunAsync(string[] arguments, string input = "")
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        using var interruption = new Interruption();
        var code = await new CommandLine(new StringReader(input), output, error, interruption).RunAsync(arguments);
        return new CliResult(code, output.ToString(), error.ToString());
    }
}
