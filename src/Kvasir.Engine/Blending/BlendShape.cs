namespace Kvasir.Engine.Blending;

/// <summary>Sizes that the blending of a sequence depends on.</summary>
/// <param name="Layers">Layers of the model.</param>
/// <param name="QueryHeads">Query heads.</param>
/// <param name="KvHeads">KV heads.</param>
/// <param name="KeyWidth">Elements of a row's keys, and of its values.</param>
/// <param name="PromptLength">Tokens of the prompt.</param>
/// <param name="KnownLength">Tokens of the prompt and of the answer so far, when the sequence was preempted.</param>
/// <param name="ExactPrefix">Tokens of the exact prefix that was found.</param>
internal readonly record struct BlendShape(int Layers, int QueryHeads, int KvHeads, int KeyWidth, int PromptLength, int KnownLength, int ExactPrefix);
