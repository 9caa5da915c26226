using System.Runtime.InteropServices;
using Kvasir.Engine.Loading;
using Kvasir.Models;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Verification;

/// <summary>
/// Compares a model folder with the logits beside it: <c>expected.json</c> lists prompts as token ids, <c>logits_K.f32</c> holds
/// prompt K's logits, little-endian binary32, <c>[tokens, vocab]</c>.
/// </summary>
public static class FixtureVerification
{
    /// <summary>The file that makes a folder a fixture.</summary>
    public const string FileName = "expected.json";

    /// <summary>Runs every prompt cold with binary32 KV. The folder passes when no logit is off by more than 1e-4 of the range.</summary>
    /// <exception cref="InvalidDataException">The reference files do not fit each other or the model.</exception>
    public static VerificationReport Run(string folder, EngineOptions? options = null, CancellationToken cancellation = default) =>
        Run(folder, folder, options, cancellation);

    /// <summary>The same for a model that stands elsewhere: another form of the folder's, say.</summary>
    /// <param name="folder">The reference.</param>
    /// <param name="modelPath">The model.</param>
    /// <param name="options">Threads, context.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <exception cref="InvalidDataException">The reference files do not fit each other or the model.</exception>
    public static VerificationReport Run(string folder, string modelPath, EngineOptions? options = null, CancellationToken cancellation = default)
    {
        var prompts = ReadPrompts(Path.Combine(folder, FileName));
        options = (options ?? new EngineOptions()) with { KvType = KvDataType.F32 };
        using var model = LoadedModel.Open(modelPath, options with { MaxContext = options.MaxContext ?? Context(modelPath, prompts) });
        CheckPrompts(prompts, model, folder);
        using var run = new ColdRun(model, prompts.Max(prompt => prompt.Length));
        var comparison = new LogitComparison();
        for (var k = 0; k < prompts.Length; k++)
        {
            var expected = ReadLogits(Path.Combine(folder, $"logits_{k}.f32"), prompts[k], model.Config.VocabSize);
            var vocabulary = model.Config.VocabSize;
            run.Reset();
            run.Extend(
                prompts[k],
                (position, logits) => comparison.Add(expected.AsSpan(position * vocabulary, vocabulary), logits),
                cancellation);
        }

        return new VerificationReport
        {
            Architecture = model.Config.Architecture,
            Rows = comparison.Rows,
            MaxAbsDiff = comparison.MaxAbsDifference,
            LogitRange = comparison.Range,
            Top1Agreement = comparison.TopAgreement,
            Pass = comparison.MaxAbsDifference <= VerificationReport.Tolerance * comparison.Range,
        };
    }

    /// <summary>
    /// The context to configure: with LongRoPE it says which rotation holds, and the reference took that of the prompts' length. Null for the
    /// model's own.
    /// </summary>
    private static int? Context(string modelPath, int[][] prompts)
    {
        using var file = ModelFile.Open(modelPath);
        return file.Config.Rope.Scaling == RopeScaling.Long ? Math.Min(file.Config.MaxContext, prompts.Max(prompt => prompt.Length)) : null;
    }

    private static int[][] ReadPrompts(string path)
    {
        using var json = ReferenceJson.Open(path);
        var prompts = ReferenceJson.Get(json.RootElement, "prompts", path).EnumerateArray()
            .Select(prompt => ReferenceJson.Integers(prompt, "input_ids", path))
            .ToArray();
        if (prompts.Length == 0 || prompts.Any(prompt => prompt.Length == 0))
            throw new InvalidDataException($"{path}: there is no prompt, or an empty one");
        return prompts;
    }

    private static void CheckPrompts(int[][] prompts, LoadedModel model, string folder)
    {
        foreach (var prompt in prompts)
        {
            if (prompt.Length > model.MaxContext)
                throw new InvalidDataException($"{folder}: a prompt of {prompt.Length} tokens exceeds the context of {model.MaxContext}");
            foreach (var token in prompt)
            {
                if ((uint)token >= (uint)model.Config.VocabSize)
                    throw new InvalidDataException($"{folder}: token {token} is outside the vocabulary of {model.Config.VocabSize}");
            }
        }
    }

    private static float[] ReadLogits(string path, int[] prompt, int vocabulary)
    {
        var wanted = (long)prompt.Length * vocabulary * sizeof(float);
        var length = new FileInfo(path).Length;
        if (length != wanted)
            throw new InvalidDataException($"{path} has {length} bytes; {prompt.Length} tokens of {vocabulary} logits need {wanted}");
        return MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(path)).ToArray();
    }
}
