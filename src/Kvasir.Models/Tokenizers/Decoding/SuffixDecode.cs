namespace Kvasir.Models;

/// <summary>The mark at the end of words becomes a space, at the end of the text nothing.</summary>
internal sealed class SuffixDecode(string suffix) : DecodeStep
{
    public override void Apply(List<string> pieces)
    {
        for (int i = 0; i < pieces.Count && suffix.Length > 0; i++)
            pieces[i] = pieces[i].Replace(suffix, i == pieces.Count - 1 ? "" : " ", StringComparison.Ordinal);
    }
}
