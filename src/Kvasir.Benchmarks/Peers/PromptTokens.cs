namespace Kvasir.Benchmarks.Peers;

/// <summary>Prompts that every contestant gets alike: a short one is the beginning of a long one.</summary>
internal static class PromptTokens
{
    /// <summary>The first ids are often special tokens, which may end an answer or are treated otherwise.</summary>
    private const int FirstPlain = 300;

    /// <summary>A prompt; those of different numbers differ from their first token on.</summary>
    public static int[] Of(int length, int vocabSize, int number = 0)
    {
        var plain = Math.Min(FirstPlain, vocabSize / 2);
        var random = new Random(number);
        var prompt = new int[length];
        for (var i = 0; i < length; i++)
            prompt[i] = random.Next(plain, vocabSize);
        if (length > 0)
            prompt[0] = plain + (number % (vocabSize - plain));
        return prompt;
    }
}
