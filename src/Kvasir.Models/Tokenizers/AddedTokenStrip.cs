namespace Kvasir.Models;

/// <summary>On which sides an added token swallows white space.</summary>
[Flags]
internal enum AddedTokenStrip
{
    None = 0,
    Left = 1,
    Right = 2,
}
