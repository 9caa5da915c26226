namespace Kvasir.Models;

/// <summary>At most so many of one character go from the ends of every piece.</summary>
internal sealed class StripDecode(char content, int start, int stop) : DecodeStep
{
    public override void Apply(List<string> pieces)
    {
        for (int i = 0; i < pieces.Count; i++)
        {
            string piece = pieces[i];
            int from = 0;
            while (from < piece.Length && from < start && piece[from] == content)
                from++;
            int to = piece.Length;
            while (to > from && piece.Length - to < stop && piece[to - 1] == content)
                to--;
            pieces[i] = piece[from..to];
        }
    }
}
