using Kvasir.Engine.Loading;
using Kvasir.Engine.Requests;
using Kvasir.Models;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Embeddings;

/// <summary>
/// A loaded encoder that makes vectors of texts. Requests may come from any thread; what waits at the same time is computed in one step.
/// </summary>
/// <remarks>
/// Of <see cref="EngineOptions"/> count <see cref="EngineOptions.MaxContext"/>, <see cref="EngineOptions.Threads"/>,
/// <see cref="EngineOptions.InstructionSet"/>, <see cref="EngineOptions.MaxBatchTokens"/> (a longer text has a step of its own),
/// <see cref="EngineOptions.MaxSequences"/>, <see cref="EngineOptions.MaxQueued"/> and <see cref="EngineOptions.Time"/>. Keys and values of a
/// step are binary32 and gone behind it: a text is read in both directions, so no part of it can be used in another.
/// </remarks>
/// <example>
/// <code>
/// using var engine = EmbeddingEngine.Load("all-MiniLM-L6-v2");
/// var embedding = await engine.EmbedAsync(new EmbeddingRequest { Prompt = engine.EncodeText("a text") });
/// </code>
/// </example>
public sealed class EmbeddingEngine : IEmbedder
{
    private readonly LoadedModel _model;
    private readonly EncoderThread _thread;

    private EmbeddingEngine(LoadedModel model, EngineOptions options)
    {
        _model = model;
        MaxTokens = TextTokens.Most(model.File, model.MaxContext);
        _thread = new EncoderThread(model, options);
    }

    /// <inheritdoc/>
    public ModelFile Model => _model.File;

    /// <summary>The model's architecture.</summary>
    public ModelConfig Config => _model.Config;

    /// <inheritdoc/>
    public int Dimensions => Config.HiddenSize;

    /// <inheritdoc/>
    public int MaxTokens { get; }

    /// <summary>Names everything that changes bits; two engines with equal profiles and models give equal vectors.</summary>
    public string NumericsProfile => _model.NumericsProfile;

    /// <summary>What the engine has done so far and how it stands.</summary>
    public EmbeddingStatus Status => _thread.Status;

    /// <summary>Opens an encoder: a Hugging Face folder, also of sentence-transformers, or a GGUF file.</summary>
    /// <exception cref="ModelFormatException">A file is damaged or not of this kind.</exception>
    /// <exception cref="UnsupportedModelException">The architecture is not supported or no encoder, or its vectors need a step that is not supported.</exception>
    public static EmbeddingEngine Load(string path, EngineOptions? options = null)
    {
        options = (options ?? new EngineOptions()) with { KvType = KvDataType.F32 };
        var model = LoadedModel.Open(path, options, encoder: true);
        try
        {
            EmbeddingLimits.CheckModel(model.File);
            return new EmbeddingEngine(model, options);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public int[] EncodeText(string text, TextOptions? options = null) => TextTokens.Encode(Model, text, options, MaxTokens);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">An option is out of its range, or names an adapter.</exception>
    public async Task<Embedding> EmbedAsync(EmbeddingRequest request, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        request = request.Complete(Model.Embedding);
        Check(request);
        var work = new EncoderWork(request, Dimensions);
        _thread.Submit(work);
        using (cancellation.Register(work.Cancel))
            await work.Done.ConfigureAwait(false);
        return new Embedding(work.Pool.ToVector(request.Normalize!.Value, request.Dimensions), request.Prompt.Length, 0);
    }

    /// <summary>Ends all requests and frees everything.</summary>
    public void Dispose()
    {
        _thread.Dispose();
        _model.Dispose();
    }

    private void Check(EmbeddingRequest request)
    {
        var length = request.Prompt.Length;
        if (length == 0)
            throw new ArgumentException("the text is empty; give at least one token", nameof(request));
        if (length > _model.MaxContext)
            throw new ContextLengthException(length, _model.MaxContext, "shorten the text, or have it cut (truncate)");
        foreach (var token in request.Prompt.Span)
        {
            if ((uint)token >= (uint)Config.VocabSize)
                throw new ArgumentException($"token {token} is outside the vocabulary of {Config.VocabSize}", nameof(request));
        }

        if (!Enum.IsDefined(request.Pooling!.Value))
            throw new ArgumentException($"Pooling is {request.Pooling}; allowed: {string.Join(", ", Enum.GetNames<EmbeddingPooling>())}", nameof(request));
        if (request.Adapter is not null)
            throw new ArgumentException($"there is no adapter '{request.Adapter}': encoders take none", nameof(request));
        if (request.QueueTimeout < TimeSpan.Zero)
            throw new ArgumentException($"QueueTimeout is {request.QueueTimeout}; allowed: zero or more", nameof(request));
        EmbeddingLimits.CheckDimensions(request, Dimensions);
    }
}
