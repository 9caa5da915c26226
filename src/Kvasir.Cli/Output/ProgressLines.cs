namespace Kvasir.Cli.Output;

/// <summary>Progress as lines, one each.</summary>
internal sealed class ProgressLines(TextWriter writer) : IProgress<string>
{
    public void Report(string value) => writer.WriteLine(value);
}
