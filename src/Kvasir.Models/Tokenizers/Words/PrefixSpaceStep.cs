namespace Kvasir.Models;

/// <summary>A piece that does not begin with a space gets one.</summary>
internal sealed class PrefixSpaceStep(WordStep next) : WordStep
{
    public override void Run(ReadOnlySpan<char> text, bool first, List<int> output) =>
        next.Run(text[0] == ' ' ? text : string.Concat(" ", text), first, output);
}
