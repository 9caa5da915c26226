namespace Kvasir.Models;

/// <summary>Gives pieces to the model.</summary>
internal sealed class ModelStep(PieceModel model) : WordStep
{
    public override void Run(ReadOnlySpan<char> text, bool first, List<int> output) => model.Encode(text, output);
}
