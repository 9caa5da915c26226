namespace Kvasir.Cli.Start;

/// <summary>How this program was started, so that it can start itself once more.</summary>
internal static class ThisProgram
{
    /// <summary>The program and its first arguments.</summary>
    /// <exception cref="InvalidOperationException">The system does not tell.</exception>
    public static IReadOnlyList<string> Command()
    {
        var process = Environment.ProcessPath ?? throw new InvalidOperationException("the system does not tell where this program is");
        return Path.GetFileNameWithoutExtension(process) == "dotnet" ? [process, Environment.GetCommandLineArgs()[0]] : [process];
    }
}
