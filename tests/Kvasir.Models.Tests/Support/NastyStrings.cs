using System.Text;

namespace Kvasir.Models.Tests.Support;

/// <summary>Strings that tokenizers stumble over, always the same ones: written by hand, and put together from their parts.</summary>
internal static class NastyStrings
{
    private const int Count = 2200;

    // Private use and unassigned characters are left out where versions of Unicode disagree about them; half surrogates come in by WithHalves.
    private static readonly string[] Parts =
    [
        "hello", " world", "The quick brown fox", "don't", "it's", "WE'LL", "I'Ve", "they're", "'s", "'S", "'ſ", "''", "HTTPServer", "camelCase", "snake_case", "ﬁne", "İstanbul", "ıi", "ẞß",
        "Σίσυφος", "ΣΑΣ", "Привет", " мир", "Ёлка", "е\u0308", "שלום", "שָׁלוֹם", "مرحبا", "مُرَحَّب", "\u0660\u0661\u0662", "नमस्ते", "क्षि", "ไทย", "ภาษาไทย", "မြန်မာ", "ខ្មែរ", "한국어", "\u1112\u1161\u11AB", "각\u11A8",
        "日本語", "カタカナ", "ひらがな", "漢字", "中文，测试。", "𠮷野家", "㐀", "\uFA0E", "ｆｕｌｌ　ｗｉｄｔｈ", "①②", "½", "Ⅷ", "x²", "㎏", "e\u0301", "é", "a\u0328\u0301", "q\u0307\u0323", "Å", "\u212B", "ñ", "Z\u0351\u036b\u0343", "ệ",
        "🙂", "👨‍👩‍👧‍👦", "🇩🇪", "👍🏽", "❤️", "🏳️‍🌈", "𝒜𝓁", "𝟘𝟙𝟚", "🀄", "\u200B", "\u200D", "\u200C", "\u2060", "\uFEFF", "\u00AD", "\u202E", "\u2028", "\u0085", "\u00A0", "\u3000", "\u2003", "\u1680", "\0", "\u0001", "\u0007", "\u001B[0m", "\u007F", "\u0090", "\uFFFD",
        "1", "12", "123", "1234", "1234567890", "0000000000000000000000000", "3.14159", "1,000,000", "-42", "1e-9", "0xFF", "２０２４", "2024-01-02T03:04:05Z",
        " ", "  ", "   ", "        ", "\t", "\t\t", "\n", "\n\n", "\r\n", "\r", " \n", "\n ", "  \n  ", "\v", "\f", " \t ", "▁", "▁▁", "Ġ", "Ċ", "##", "##ing", "@@", "</w>",
        ".", ",", "!", "?!", "...", "…", "--", "—", "\"", "“q”", "(", ")", "[]", "{}", "<", ">", "/", "\\", "|", "~", "`", "```", "$", "€", "+=", "=>", "!==", "&&", "©", "™", "§", "¶", "°",
        "int main() { return 0; }", "def f(x):\n    return x*2\n", "<a href=\"x\">y</a>", "SELECT * FROM t;", "https://example.com/a?b=c&d=%20", "a@b.co", "C:\\dir\\file", "\\u00e9", "{{x}}", "#include <stdio.h>",
        "<s>", "</s>", "<unk>", "<pad>", "<mask>", "[CLS]", "[SEP]", "[UNK]", "[MASK]", "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|bos|>", "<|", "|>", "<|end", "<0x0A>", "<0xE2>", "<bos>", "<extra_id_0>", "<tool>", "<tag>", "tagword", "Tagged", " <mask> ",
    ];

    private static readonly Lazy<IReadOnlyList<string>> Strings = new(Make);

    public static IReadOnlyList<string> All => Strings.Value;

    private static List<string> Make()
    {
        var all = new List<string>(Parts)
        {
            new('a', 3000), new(' ', 2000), new('7', 2500), string.Concat(Enumerable.Repeat("\u0301", 600)), string.Concat(Enumerable.Repeat("🙂", 300)), string.Concat(Enumerable.Repeat("ab ", 500)), new('\n', 500), string.Concat(Enumerable.Repeat("漢", 700)),
        };
        var random = new Random(20_240);
        while (all.Count < Count)
        {
            var text = new StringBuilder();
            for (int i = random.Next(1, 9); i > 0; i--)
            {
                text.Append(Parts[random.Next(Parts.Length)]);
                if (random.Next(3) == 0)
                    text.Append(' ');
            }

            if (random.Next(12) == 0)
                text.Append(RandomCharacters(random));
            all.Add(random.Next(25) == 0 ? WithHalves(text.ToString(), random) : text.ToString());
        }

        return all;
    }

    private static string RandomCharacters(Random random)
    {
        // Blocks that have been full for long, so that versions of Unicode agree about them.
        (int First, int Last)[] blocks = [(0x20, 0x7E), (0xA0, 0x17F), (0x391, 0x3A1), (0x410, 0x44F), (0x4E00, 0x9FA5), (0xAC00, 0xD7A3), (0x1F600, 0x1F640), (0x300, 0x34E), (0x2190, 0x21FF), (0x20000, 0x2A6D6)];
        var text = new StringBuilder();
        for (int i = random.Next(1, 12); i > 0; i--)
        {
            var (first, last) = blocks[random.Next(blocks.Length)];
            text.Append(char.ConvertFromUtf32(random.Next(first, last + 1)));
        }

        return text.ToString();
    }

    private static string WithHalves(string text, Random random) =>
        text.Insert(random.Next(text.Length + 1), random.Next(2) == 0 ? "\uD83D" : "\uDE00");
}
