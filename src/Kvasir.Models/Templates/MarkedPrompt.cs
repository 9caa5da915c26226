namespace Kvasir.Models;

/// <summary>A conversation in tokens, with the parts of it that were marked.</summary>
/// <param name="Tokens">Token ids, those of the parts included.</param>
/// <param name="Parts">
/// First token and number of tokens of each part that is in the prompt as it was marked, ascending. A part's tokens do not depend on what
/// stands around it.
/// </param>
public sealed record MarkedPrompt(int[] Tokens, IReadOnlyList<(int Start, int Length)> Parts);
