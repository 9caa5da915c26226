using System.Runtime.InteropServices;
using Kvasir.Engine.Embeddings;
using Kvasir.Engine.Loading;
using Kvasir.Engine.Running;
using Kvasir.Models;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Verification;

/// <summary>
/// Compares a model folder with the logits beside it: <c>expected.json</c> lists prompts as token ids, <c>logits_K.f32</c> holds
/// prompt K's logits, little-endian binary32, <c>[tokens, vocab]</c>. Of an encoder without a head these are its hidden states,
/// <c>[tokens, hidden]</c>.
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
        using var model = LoadedModel.Open(modelPath, options with { MaxContext = options.MaxContext ?? Context(modelPath, prompts) }, encoder: null);
        CheckPrompts(prompts, model, folder);
        var comparison = model.Config.Encoder is null ? Decode(folder, model, prompts, cancellation) : Encode(folder, model, prompts, cancellation);
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

    private static LogitComparison Decode(string folder, LoadedModel model, FixturePrompt[] prompts, CancellationToken cancellation)
    {
        using var run = new ColdRun(model, prompts.Max(prompt => prompt.Tokens.Length));
        var comparison = new LogitComparison();
        var vocabulary = model.Config.VocabSize;
        for (var k = 0; k < prompts.Length; k++)
        {
            var expected = ReadRows(folder, k, prompts[k].Tokens.Length, vocabulary);
            run.Reset();
            run.Extend(
                prompts[k].Tokens,
                (position, logits) => comparison.Add(expected.AsSpan(position * vocabulary, vocabulary), logits),
                cancellation);
        }

        return comparison;
    }

    private static LogitComparison Encode(string folder, LoadedModel model, FixturePrompt[] prompts, CancellationToken cancellation)
    {
        var width = WidthOf(folder, model, prompts[0]);
        var output = model.Config.Encoder!.PredictsTokens && width == model.Config.VocabSize ? RowOutput.Logits : RowOutput.Hidden;
        using var run = new EncoderRun(model, prompts.Max(prompt => prompt.Tokens.Length), maxTexts: 1, output);
        var comparison = new LogitComparison();
        for (var k = 0; k < prompts.Length; k++)
        {
            cancellation.ThrowIfCancellationRequested();
            var (tokens, types) = prompts[k];
            var expected = ReadRows(folder, k, tokens.Length, width);
            run.Clear();
            run.Add(tokens, types);
            run.Run();
            for (var row = 0; row < tokens.Length; row++)
                comparison.Add(expected.AsSpan(row * width, width), run.Row(row));
        }

        return comparison;
    }

    /// <summary>What an encoder's reference has a row of: logits where the model has a head and the file is as large, hidden states otherwise.</summary>
    private static int WidthOf(string folder, LoadedModel model, FixturePrompt first)
    {
        var floats = new FileInfo(RowsPath(folder, 0)).Length / sizeof(float);
        var hasLogits = model.Config.Encoder!.PredictsTokens && floats == (long)first.Tokens.Length * model.Config.VocabSize;
        return hasLogits ? model.Config.VocabSize : model.Config.HiddenSize;
    }

    /// <summary>
    /// The context to configure: with LongRoPE it says which rotation holds, and the reference took that of the prompts' length. Null for the
    /// model's own.
    /// </summary>
    private static int? Context(string modelPath, FixturePrompt[] prompts)
    {
        using var file = ModelFile.Open(modelPath);
        return file.Config.Rope.Scaling == RopeScaling.Long ? Math.Min(file.Config.MaxContext, prompts.Max(prompt => prompt.Tokens.Length)) : null;
    }

    private static FixturePrompt[] ReadPrompts(string path)
    {
        using var json = ReferenceJson.Open(path);
        FixturePrompt[] prompts = [.. ReferenceJson.Get(json.RootElement, "prompts", path).EnumerateArray().Select(prompt => new FixturePrompt(
            ReferenceJson.Integers(prompt, "input_ids", path),
            prompt.TryGetProperty("token_type_ids", out _) ? ReferenceJson.Integers(prompt, "token_type_ids", path) : []))];
        if (prompts.Length == 0 || prompts.Any(prompt => prompt.Tokens.Length == 0))
            throw new InvalidDataException($"{path}: there is no prompt, or an empty one");
        return prompts;
    }

    private static void CheckPrompts(FixturePrompt[] prompts, LoadedModel model, string folder)
    {
        var kinds = model.Config.Encoder?.TokenTypes ?? 0;
        foreach (var (tokens, types) in prompts)
        {
            if (tokens.Length > model.MaxContext)
                throw new InvalidDataException($"{folder}: a prompt of {tokens.Length} tokens exceeds the context of {model.MaxContext}");
            foreach (var token in tokens)
            {
                if ((uint)token >= (uint)model.Config.VocabSize)
                    throw new InvalidDataException($"{folder}: token {token} is outside the vocabulary of {model.Config.VocabSize}");
            }

            if (types.Length > 0 && (types.Length != tokens.Length || types.Any(type => (uint)type >= (uint)Math.Max(1, kinds))))
                throw new InvalidDataException($"{folder}: {types.Length} token_type_ids do not fit {tokens.Length} tokens of {kinds} kinds");
        }
    }

    private static string RowsPath(string folder, int prompt) => Path.Combine(folder, $"logits_{prompt}.f32");

    private static float[] ReadRows(string folder, int prompt, int tokens, int width)
    {
        var path = RowsPath(folder, prompt);
        var wanted = (long)tokens * width * sizeof(float);
        var length = new FileInfo(path).Length;
        if (length != wanted)
            throw new InvalidDataException($"{path} has {length} bytes; {tokens} tokens of {width} values need {wanted}");
        return MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(path)).ToArray();
    }

    /// <param name="Tokens">Token ids.</param>
    /// <param name="Types">Their kinds; empty when the file does not say.</param>
    private readonly record struct FixturePrompt(int[] Tokens, int[] Types);
}
