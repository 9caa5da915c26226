using System.Globalization;
using System.Text;

namespace Kvasir.Models;

/// <summary>Byte tokens in a row become their text; when that is not valid UTF-8, each becomes U+FFFD.</summary>
internal sealed class ByteFallbackDecode : DecodeStep
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>The byte of a piece such as <c>&lt;0x0A&gt;</c>.</summary>
    public static bool TryByte(string piece, out byte value)
    {
        value = 0;
        return piece.Length == 6 && piece.StartsWith("<0x", StringComparison.Ordinal) && piece[5] == '>'
            && byte.TryParse(piece.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }

    public override void Apply(List<string> pieces)
    {
        var output = new List<string>(pieces.Count);
        var run = new List<byte>();
        foreach (string piece in pieces)
        {
            if (TryByte(piece, out byte value))
            {
                run.Add(value);
                continue;
            }

            End(run, output);
            output.Add(piece);
        }

        End(run, output);
        pieces.Clear();
        pieces.AddRange(output);
    }

    private static void End(List<byte> run, List<string> output)
    {
        if (run.Count == 0)
            return;
        try
        {
            output.Add(Strict.GetString([.. run]));
        }
        catch (DecoderFallbackException)
        {
            output.Add(new string('\uFFFD', run.Count));
        }

        run.Clear();
    }
}
