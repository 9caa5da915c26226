namespace Kvasir.Models;

/// <summary>A replacement in every piece.</summary>
internal sealed class ReplaceDecode(TextNormalizer replacement) : DecodeStep
{
    public override void Apply(List<string> pieces)
    {
        for (int i = 0; i < pieces.Count; i++)
        {
            if (pieces[i].Length > 0 && replacement.MayChange(pieces[i]))
                pieces[i] = replacement.Apply(pieces[i]);
        }
    }
}
