using Kvasir.Grammars;

namespace Kvasir.Engine.Conversations.Calls;

/// <summary>A parameter with the grammar of its value.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Required">Whether a call must give it.</param>
/// <param name="IsText">Whether it is a string that any text may be, or one of <paramref name="Choices"/>.</param>
/// <param name="Choices">The only texts that a string may be; null when any.</param>
/// <param name="Value">Its value as JSON.</param>
internal sealed record ParameterGrammar(string Name, bool Required, bool IsText, IReadOnlyList<string>? Choices, Grammar Value);
