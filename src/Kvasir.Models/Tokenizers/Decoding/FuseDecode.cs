namespace Kvasir.Models;

/// <summary>All pieces become one.</summary>
internal sealed class FuseDecode : DecodeStep
{
    public override void Apply(List<string> pieces)
    {
        string text = string.Concat(pieces);
        pieces.Clear();
        pieces.Add(text);
    }
}
