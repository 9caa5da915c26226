namespace Kvasir.Models;

/// <summary>What split patterns ask about a character. A letter is any of the first three.</summary>
[Flags]
internal enum CharKind : byte
{
    None = 0,

    /// <summary>Lu and Lt.</summary>
    Upper = 1,

    /// <summary>Ll.</summary>
    Lower = 2,

    /// <summary>Lm and Lo.</summary>
    OtherLetter = 4,
    Letter = Upper | Lower | OtherLetter,

    /// <summary>Mn, Mc and Me.</summary>
    Mark = 8,

    /// <summary>Nd, Nl and No.</summary>
    Number = 16,

    /// <summary>White_Space.</summary>
    Space = 32,

    /// <summary>P and S.</summary>
    Sign = 64,
}
