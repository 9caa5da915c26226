namespace Kvasir.Models;

/// <summary>Marks become spaces; those of the first piece go when one was set before the text.</summary>
internal sealed class MetaspaceDecode(char mark, bool prepended) : DecodeStep
{
    public override void Apply(List<string> pieces)
    {
        for (int i = 0; i < pieces.Count; i++)
        {
            pieces[i] = i == 0 && prepended
                ? pieces[i].Replace(mark.ToString(), "", StringComparison.Ordinal)
                : pieces[i].Replace(mark, ' ');
        }
    }
}
