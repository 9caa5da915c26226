using System.Text;
using Kvasir.Compute;
using Kvasir.Engine.Adapters;
using Kvasir.Engine.Requests;
using Kvasir.KvCache.Identity;
using Kvasir.Models;
using Kvasir.Numerics;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Loading;

/// <summary>A model file, its weights packed for a backend, and what names its KV. Owns all three.</summary>
internal sealed class LoadedModel : IDisposable
{
    // Taken while the model is loaded: it reads the whole file, which a first request should not wait for, nor one that comes at the end.
    private readonly byte[] _fingerprint = new byte[BlockKey.Size];

    private LoadedModel(ModelFile file, IComputeBackend backend, DecoderWeights weights, KvLayout layout, int maxContext)
    {
        File = file;
        Backend = backend;
        Weights = weights;
        Layout = layout;
        MaxContext = maxContext;
        Rope = Table(file.Config.Rope, maxContext);
        LocalRope = file.Config.LocalRope is { } local ? Table(local, maxContext) : null;
        KvLayers = NumberLayers(file.Config);
        NumericsProfile = Profile(backend, weights, layout) + LongRope(file.Config.Rope, maxContext);
        file.Fingerprint.CopyTo(_fingerprint);
    }

    public ModelFile File { get; }

    public ModelConfig Config => File.Config;

    public IComputeBackend Backend { get; }

    public DecoderWeights Weights { get; }

    public KvLayout Layout { get; }

    public RopeTable Rope { get; }

    /// <summary>The rotation of layers that have their own, or null.</summary>
    public RopeTable? LocalRope { get; }

    /// <summary>For each layer its number among those that keep keys and values; -1 for the others.</summary>
    public IReadOnlyList<int> KvLayers { get; }

    public int MaxContext { get; }

    /// <summary>Names everything that changes the bits of keys, values and logits, beside the weights themselves.</summary>
    public string NumericsProfile { get; }

    /// <summary>Opens a model that generates text.</summary>
    /// <exception cref="UnsupportedModelException">It is an encoder, or of a kind that is not supported.</exception>
    public static LoadedModel Open(string path, EngineOptions options) => Open(path, options, encoder: false);

    /// <summary>Opens a model of either kind.</summary>
    /// <param name="path">The model.</param>
    /// <param name="options">How it is set up.</param>
    /// <param name="encoder">True for an encoder, false for a decoder, null for either.</param>
    public static LoadedModel Open(string path, EngineOptions options, bool? encoder)
    {
        var file = ModelFile.Open(path);
        IComputeBackend? backend = null;
        try
        {
            var config = file.Config;
            if (encoder == false && config.Encoder is not null)
                throw new UnsupportedModelException(path, $"{config.Architecture} is an encoder: it makes embeddings and does not generate text; use 'kvasir embed' or POST /v1/embeddings");
            if (encoder == true && config.Encoder is null)
                throw new UnsupportedModelException(path, $"{config.Architecture} is a decoder, not an encoder; open it as an engine, which makes embeddings too");
            if (config.Recurrent is not null && options.Tiers is not null)
                throw new UnsupportedModelException(path, $"KV tiers are not supported for {config.Architecture} models: their recurrent states are not kept in tiers; start without tiers");
            var maxContext = options.MaxContext ?? config.MaxContext;
            if (maxContext <= 0 || maxContext > config.MaxContext)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(options), maxContext, $"MaxContext must be between 1 and the model's {config.MaxContext}");
            }

            backend = new CpuBackend(new CpuBackendOptions
            {
                Threads = options.Threads ?? Environment.ProcessorCount,
                InstructionSet = options.InstructionSet,
                Fault = options.KernelFault,
            });
            var kvLayers = Math.Max(1, NumberLayers(config).Max() + 1);
            var layout = new KvLayout(kvLayers, config.CacheHeads, config.CacheHeadDim, options.KvType, options.BlockRows);
            layout.Validate();
            return new LoadedModel(file, backend, DecoderWeights.Pack(file, backend), layout, maxContext);
        }
        catch
        {
            backend?.Dispose();
            file.Dispose();
            throw;
        }
    }

    /// <summary>The scope of a request's KV: two requests share rows only when all of it is equal (guarantee G4).</summary>
    /// <param name="salt">The tenant's secret; empty for the public scope.</param>
    /// <param name="variant">What else the rows depend on, or null for the bare model, read densely.</param>
    public CacheScope Scope(ReadOnlyMemory<byte> salt, string? variant = null) => new(_fingerprint, Layout, NumericsProfile, salt, variant);

    /// <summary>The scope of a request's KV: its tenant, its adapter, and a sparse reading that shapes the prompt's rows.</summary>
    public CacheScope Scope(GenerationRequest request, LoadedAdapter? adapter)
    {
        var reading = request.Reading?.ScopeText(request.Prompt.Length);
        return Scope(request.CacheSalt, reading is null ? adapter?.ScopeText : $"{adapter?.ScopeText};{reading}");
    }

    /// <summary>The rotation of a layer's queries and keys, or null.</summary>
    public RopeTable? RopeOf(int layer) => Config.Layer(layer).Rope switch
    {
        0 => Rope,
        1 => LocalRope,
        _ => null,
    };

    public void Dispose()
    {
        Rope.Dispose();
        LocalRope?.Dispose();
        Weights.Dispose();
        Backend.Dispose();
        File.Dispose();
    }

    private static string Profile(IComputeBackend backend, DecoderWeights weights, KvLayout layout)
    {
        var types = weights.Matrices.SelectMany(matrix => matrix.Types).Distinct().Order();

        return new StringBuilder(backend.ContractVersion)
            .Append(";weights=").AppendJoin('+', types.Select(type => type.Name))
            .Append(";kv=").Append(layout.Type)
            .ToString();
    }

    private static RopeTable Table(RopeConfig rope, int maxContext) =>
        new([.. rope.ForContext(maxContext).InverseFrequencies()], maxContext, rope.AttentionFactor);

    private static int[] NumberLayers(ModelConfig config)
    {
        var numbers = new int[config.Layers];
        if (config.Encoder is not null)
            return numbers; // a text is computed whole, and its keys and values are not read again: all layers use one place

        var next = 0;
        for (var layer = 0; layer < numbers.Length; layer++)
            numbers[layer] = config.Layer(layer).Mixer == LayerMixer.Attention ? next++ : -1;
        return numbers;
    }

    /// <summary>Which of two rotations the configured context chose.</summary>
    private static string LongRope(RopeConfig rope, int maxContext) =>
        rope.Scaling != RopeScaling.Long ? "" : maxContext > rope.OriginalContext ? ";rope=long" : ";rope=short";
}
