using System.Buffers;
using System.Text;
using Kvasir.Grammars.Automata;

namespace Kvasir.Grammars.Vocabulary;

/// <summary>
/// What a vocabulary can write piece by piece: a grammar is kept to it, so that it never asks for what no token can begin. Where tokens
/// split characters these are the bytes that are tokens; elsewhere the characters that are.
/// </summary>
internal sealed class Alphabet
{
    private Alphabet(bool[] bytes, CodeSet characters)
    {
        Bytes = bytes;
        Characters = characters;
    }

    /// <summary>256 flags.</summary>
    public bool[] Bytes { get; }

    public CodeSet Characters { get; }

    public static Alphabet Of(TokenVocabulary vocabulary)
    {
        var bytes = new bool[256];
        var characters = new List<(int, int)>();
        var splits = false;
        for (var token = 0; token < vocabulary.Size; token++)
        {
            var text = vocabulary.TextOf(token);
            if (text.Length == 1)
                bytes[text[0]] = true;
            splits |= !System.Text.Unicode.Utf8.IsValid(text);
            if (text.Length is > 0 and <= 4 && Rune.DecodeFromUtf8(text, out var rune, out var length) == OperationStatus.Done && length == text.Length)
                characters.Add((rune.Value, rune.Value));
        }

        return splits
            ? new Alphabet(bytes, CodeSet.Any)
            : new Alphabet([.. Enumerable.Repeat(true, 256)], CodeSet.Of([.. characters]));
    }
}
