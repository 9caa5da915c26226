namespace Kvasir.Models;

/// <summary>Pieces that go on with a word lose their prefix, the others get a space; then, if asked for, English spacing is mended.</summary>
internal sealed class WordPieceDecode(string prefix, bool cleanup) : DecodeStep
{
    private static readonly (string From, string To)[] Mended =
    [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ];

    public override void Apply(List<string> pieces)
    {
        for (int i = 0; i < pieces.Count; i++)
        {
            string piece = pieces[i];
            if (i > 0)
                piece = prefix.Length > 0 && piece.StartsWith(prefix, StringComparison.Ordinal) ? piece[prefix.Length..] : " " + piece;
            if (cleanup)
            {
                foreach (var (from, to) in Mended)
                    piece = piece.Replace(from, to, StringComparison.Ordinal);
            }

            pieces[i] = piece;
        }
    }
}
