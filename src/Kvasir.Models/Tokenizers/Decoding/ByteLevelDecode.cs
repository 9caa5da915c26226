using System.Text;

namespace Kvasir.Models;

/// <summary>Pieces in the byte alphabet become one text.</summary>
internal sealed class ByteLevelDecode : DecodeStep
{
    public override void Apply(List<string> pieces)
    {
        string text = Encoding.UTF8.GetString([.. pieces.SelectMany(ByteAlphabet.Decode)]);
        pieces.Clear();
        pieces.Add(text);
    }
}
