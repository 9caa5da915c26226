using System.Text;
using Kvasir.Models;

namespace Kvasir.Benchmarks.Fuzzing.Parsers;

/// <summary>Uses what a parse gave, so that what it left out to check comes to light.</summary>
internal static class ParserUse
{
    private static readonly string[] Texts =
    [
        "Hello, wörld! It's 12345 <s> [CLS] ▁x <0x0A>", "  \n\t 漢字かな 🙂👨‍👩‍👧 e\u0301 ﬁ", "", "a", new string('a', 300), new string(' ', 300), "\ud83d \0\u0001 \uFFFD", string.Concat(Enumerable.Repeat("ab7 ", 200)),
    ];

    public static string Tokenizer(Tokenizer tokenizer)
    {
        int tokens = 0;
        var counts = new List<int>();
        foreach (string text in Texts)
        {
            foreach (bool special in (bool[])[false, true])
            {
                var ids = tokenizer.EncodeWhole(text, special);
                tokens += ids.Length;
                counts.Add(ids.Length);
                foreach (int id in ids)
                {
                    if (id < 0 || id >= tokenizer.VocabSize)
                        throw new InvalidOperationException($"the id {id} is outside the vocabulary of {tokenizer.VocabSize}");
                }

                var streamed = new StringBuilder();
                var decoder = tokenizer.CreateDecoder(special);
                foreach (int id in ids)
                    streamed.Append(decoder.Push(id));
                streamed.Append(decoder.Flush());
                tokenizer.Decode(ids, special);
            }
        }

        return $"{Scale(tokenizer.VocabSize)} {Scale(tokens)} {string.Join(',', counts.Select(c => Scale(c)))} {tokenizer.Prefix.Count}{tokenizer.Suffix.Count} {tokenizer.BosId is not null} {tokenizer.AddsBos}";
    }

    public static string Model(ModelFile model)
    {
        var path = new StringBuilder(model.Config.Architecture);
        for (int layer = -1; layer < Math.Min(model.Config.Layers, 3); layer++)
        {
            foreach (var role in Enum.GetValues<WeightRole>())
            {
                if (!model.Has(role, layer))
                    continue;
                try
                {
                    Sum(model.GetMatrix(role, layer));
                }
                catch (ArgumentException)
                {
                    path.Append(model.GetVector(role, layer).Length > 0 ? 'v' : '0'); // a vector
                }
            }
        }

        if (model.Tokenizer is { } tokenizer)
            path.Append(Tokenizer(tokenizer));
        if (model.ChatTemplate is { } template)
            path.Append(template.Source.Length);
        return path.Append(' ').Append(model.StopTokens.Count).ToString();
    }

    // Every byte of the matrix must lie in the file: reading outside would end the process.
    private static unsafe void Sum(Kvasir.Numerics.MatrixSource matrix)
    {
        long bytes = (long)matrix.Rows * matrix.RowBytes;
        byte* data = (byte*)matrix.Data;
        ulong sum = 0;
        for (long at = 0; at < bytes; at += 512)
            sum += data[at];
        if (bytes > 0)
            sum += data[bytes - 1];
        GC.KeepAlive(sum);
    }

    private static int Scale(long value) => value <= 0 ? 0 : System.Numerics.BitOperations.Log2((ulong)value) + 1;
}
