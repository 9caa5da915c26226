namespace Kvasir.Models;

/// <summary>A space between pieces: what tokenizers without a decoder do.</summary>
internal sealed class JoinDecode : DecodeStep
{
    public override void Apply(List<string> pieces)
    {
        for (int i = 1; i < pieces.Count; i++)
            pieces[i] = " " + pieces[i];
    }
}
