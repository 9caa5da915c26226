namespace Kvasir.Models;

/// <summary>Writes spaces as a mark, sets one before the text, and cuts before each (SentencePiece's words).</summary>
/// <param name="mark">Mostly <c>▁</c>.</param>
/// <param name="prepend">When a piece that does not begin with the mark gets one.</param>
/// <param name="split">Whether to cut; else the piece stays whole.</param>
/// <param name="next">Gets the pieces.</param>
internal sealed class MetaspaceStep(char mark, MetaspacePrepend prepend, bool split, WordStep next) : WordStep
{
    public override void Run(ReadOnlySpan<char> text, bool first, List<int> output)
    {
        bool begins = text[0] == ' ' || text[0] == mark;
        bool prefix = !begins && (prepend == MetaspacePrepend.Always || (prepend == MetaspacePrepend.First && first));
        int extra = prefix ? 1 : 0;
        char[] chars = System.Buffers.ArrayPool<char>.Shared.Rent(text.Length + 1);
        try
        {
            var marked = chars.AsSpan(0, text.Length + extra);
            marked[0] = mark;
            text.Replace(marked[extra..], ' ', mark);
            if (split)
                Split(marked, first, output);
            else
                next.Run(marked, first, output);
        }
        finally
        {
            System.Buffers.ArrayPool<char>.Shared.Return(chars);
        }
    }

    // A mark belongs to what follows; of several marks each but the last stands alone.
    private void Split(ReadOnlySpan<char> text, bool first, List<int> output)
    {
        int start = 0;
        while (start < text.Length)
        {
            int skip = text[(start + 1)..].IndexOf(mark);
            int end = skip < 0 ? text.Length : start + 1 + skip;
            next.Run(text[start..end], first && start == 0, output);
            start = end;
        }
    }
}
