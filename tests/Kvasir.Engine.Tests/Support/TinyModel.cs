namespace Kvasir.Engine.Tests.Support;

/// <summary>The fixtures' random Llama: vocabulary 512, context 256, no tokenizer.</summary>
internal static class TinyModel
{
    private const int VocabSize = 512;

    public static string Llama => TestModel.Fixture("llama_rope3");

    /// <summary>Random token ids, the same for the same seed.</summary>
    public static int[] Tokens(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(VocabSize))];
    }
}
