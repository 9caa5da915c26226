using System.Text;

namespace Kvasir.Cli.Tests.Pulling;

/// <summary>Passes lines on, and does something when one has a text in it.</summary>
internal sealed class WriterThatSees(TextWriter inner, string text, Action then, int skip) : TextWriter
{
    private int _left = skip;

    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => inner.Write(value);

    public override void WriteLine(string? value)
    {
        inner.WriteLine(value);
        if (value?.Contains(text, StringComparison.Ordinal) == true && --_left < 0)
            then();
    }
}
