using System.Diagnostics;

namespace Kvasir.Models.Tests.Support;

/// <summary>Runs a script of an oracle.</summary>
internal static class NodeProcess
{
    /// <param name="folder">With node_modules.</param>
    /// <param name="script">An ECMAScript module.</param>
    /// <param name="input">Goes to standard input.</param>
    /// <returns>Standard output.</returns>
    public static string Run(string folder, string script, string input)
    {
        var start = new ProcessStartInfo("node", ["--input-type=module", "-e", script])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using var node = Process.Start(start)!;
        var output = node.StandardOutput.ReadToEndAsync();
        node.StandardInput.Write(input);
        node.StandardInput.Close();
        node.WaitForExit();
        Assert.Equal(0, node.ExitCode);
        return output.Result;
    }
}
