namespace Kvasir.Models;

/// <summary>Writes pieces in the byte alphabet, for models that are not byte-level BPE themselves.</summary>
internal sealed class ByteAlphabetStep(WordStep next) : WordStep
{
    public override void Run(ReadOnlySpan<char> text, bool first, List<int> output) => next.Run(ByteAlphabet.Encode(text), first, output);
}
