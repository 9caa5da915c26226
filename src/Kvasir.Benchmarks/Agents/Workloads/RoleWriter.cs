using Kvasir.Models;

namespace Kvasir.Benchmarks.Agents.Workloads;

/// <summary>Writes the role of an agent, as long as wanted.</summary>
internal static class RoleWriter
{
    private static readonly string[] Names = ["finder", "checker", "archivist", "analyst", "reporter"];

    private static readonly string[] Duties =
    [
        "Your colleagues rely on what you say, so read the records from the first to the last before you answer.",
        "Never invent a value that is not in the records.",
        "When two entries look alike, compare them letter by letter.",
        "Write the value exactly as it stands, without a comment.",
        "The records may be in any order, and their order means nothing.",
        "Other members of the team work on the same records with other questions.",
        "If a colleague hands you a result, trust it and go on from there.",
        "Do not explain how you found the answer.",
        "Keep in mind that a key stands on the left and its value on the right.",
        "Answer once and then stop.",
        "Old notes from earlier tasks are of no use today.",
        "A short answer is better than a long one.",
        "Treat every task as if it were the only one.",
        "You have no other tools than the text in front of you.",
    ];

    /// <summary>Tokens of a role: a sentence of its own, then duties in an order of its own.</summary>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="agent">Number of the agent, from 0.</param>
    /// <param name="tokens">How many.</param>
    public static int[] Write(Tokenizer tokenizer, int agent, int tokens)
    {
        var random = new Random(agent + 1);
        var text = $"You are the {Names[agent % Names.Length]} of a team, member number {agent + 1}.";
        int[] encoded;
        do
        {
            var duties = Duties.ToArray();
            random.Shuffle(duties);
            text += " " + string.Join(' ', duties);
            encoded = tokenizer.Encode(text, parseSpecial: false);
        }
        while (encoded.Length < tokens);
        return encoded[..tokens];
    }
}
