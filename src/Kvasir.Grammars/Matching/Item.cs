namespace Kvasir.Grammars.Matching;

/// <summary>
/// An Earley item: a rule has been read up to <paramref name="State"/> since <paramref name="Origin"/> (null: since the set that holds
/// the item), and when it ends, <paramref name="Rule"/> ends there: the rule itself, or the one whose last part it is, which is how right
/// recursion needs no stack (Leo 1991, as a tail call).
/// </summary>
internal readonly record struct Item(int State, int Rule, EarleySet? Origin);
