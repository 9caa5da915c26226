using Kvasir.Engine.Adapters;
using Kvasir.Engine.Embeddings;
using Kvasir.Engine.Loading;
using Kvasir.Engine.Loop;
using Kvasir.Engine.Receipts;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Sequences;
using Kvasir.Engine.Streaming;
using Kvasir.KvCache.Pool;
using Kvasir.KvCache.Virtual;
using Kvasir.Models;

namespace Kvasir.Engine;

/// <summary>
/// A loaded model with its KV pool and its loop. Requests may come from any thread; what they have in common is computed once.
/// </summary>
/// <example>
/// <code>
/// using var engine = KvasirEngine.Load("model.gguf");
/// await foreach (var text in engine.StreamAsync("Once upon a time", maxTokens: 50))
///     Console.Write(text);
/// </code>
/// </example>
public sealed class KvasirEngine : IEmbedder
{
    private readonly LoadedModel _model;
    private readonly BlockPool _pool;
    private readonly EngineThread _thread;
    private readonly ReceiptContext _receipts;
    private readonly EngineOptions _options;
    private readonly AdapterSet _adapters;
    private readonly RequestLimits _limits;
    private readonly Lock _gate = new();
    private long _arrivals;

    private KvasirEngine(LoadedModel model, EngineOptions options)
    {
        _model = model;
        _options = options;
        _pool = new BlockPool(model.Layout, PoolOptions(model, options));
        _receipts = new ReceiptContext(model);
        _adapters = new AdapterSet(model);
        _limits = new RequestLimits(model, (long)_pool.Capacity * model.Layout.BlockRows, options.KvMemory, options.MaxBatchTokens, options.MaxBatchTokens - options.MaxSequences);
        _thread = new EngineThread(new EngineLoop(model, _pool, options), options.MaxQueued);
    }

    /// <summary>The model's architecture.</summary>
    public ModelConfig Config => _model.Config;

    /// <summary>The model file.</summary>
    public ModelFile Model => _model.File;

    /// <summary>The tokenizer, or null when the model folder has none.</summary>
    public Tokenizer? Tokenizer => _model.File.Tokenizer;

    /// <summary>Most tokens of prompt and answer together.</summary>
    public int MaxContext => _model.MaxContext;

    /// <summary>Names everything that changes bits; two engines with equal profiles and models give equal logits.</summary>
    public string NumericsProfile => _model.NumericsProfile;

    /// <summary>The loaded adapters, by name.</summary>
    public IReadOnlyList<AdapterInfo> Adapters => _adapters.Infos;

    /// <summary>Memory of all adapters, bytes; those that were unloaded count until the last answer that uses them has ended.</summary>
    public long AdapterBytes => _adapters.Bytes;

    /// <summary>Opens a model: a GGUF file or a Hugging Face folder.</summary>
    /// <exception cref="ModelFormatException">The file is damaged or not of this kind.</exception>
    /// <exception cref="UnsupportedModelException">The architecture is not supported.</exception>
    public static KvasirEngine Load(string path, EngineOptions? options = null)
    {
        options ??= new EngineOptions();
        var model = LoadedModel.Open(path, options);
        try
        {
            return new KvasirEngine(model, options);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Loads a LoRA adapter, which requests then name. Requests of other adapters and of the bare model run beside them.</summary>
    /// <param name="name">A name that no loaded adapter has.</param>
    /// <param name="path">A PEFT folder or a GGUF adapter, made for this model.</param>
    /// <param name="scale">A factor beside the file's own.</param>
    /// <exception cref="ArgumentException">The name is taken, or the scale cannot be used.</exception>
    /// <exception cref="ModelFormatException">The file is damaged, or made for another model.</exception>
    /// <exception cref="UnsupportedModelException">The adapter is of a kind that is not supported.</exception>
    public AdapterInfo LoadAdapter(string name, string path, float scale = 1) => _adapters.Load(name, path, scale);

    /// <summary>
    /// Forgets an adapter: new requests cannot name it, those under way end with it. The task ends when its memory is free.
    /// </summary>
    /// <exception cref="ArgumentException">There is no such adapter.</exception>
    public Task UnloadAdapterAsync(string name) => _adapters.UnloadAsync(name);

    /// <summary>Starts a request.</summary>
    /// <exception cref="ContextLengthException">The prompt does not fit the context.</exception>
    /// <exception cref="EngineOverloadedException">Too many requests wait.</exception>
    /// <exception cref="ArgumentException">An option is out of its range, or no adapter has the name.</exception>
    public Generation Submit(GenerationRequest request)
    {
        var maxAnswer = _limits.Check(request);
        var sequences = Enqueue(request, maxAnswer, pool: null);
        return new Generation(_thread, sequences, [.. sequences.Select(sequence => new GenerationChoice(_thread, sequence, Tokenizer, _receipts))]);
    }

    /// <summary>
    /// Makes a vector of a text: its hidden states behind the output norm, pooled. Its rows run beside those of answers, and the vector's
    /// bits do not depend on them. Cancelling ends the work.
    /// </summary>
    /// <exception cref="ContextLengthException">The text does not fit the context.</exception>
    /// <exception cref="EngineOverloadedException">Too many requests wait.</exception>
    /// <exception cref="QueueTimeoutException">It waited too long.</exception>
    /// <exception cref="EngineFailedException">The engine failed.</exception>
    /// <exception cref="ArgumentException">An option is out of its range, or no adapter has the name.</exception>
    public async Task<Embedding> EmbedAsync(EmbeddingRequest request, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        EmbeddingLimits.CheckModel(Model);
        request = request.Complete(Model.Embedding);
        _limits.Check(request);
        var pool = new HiddenPool(request.Pooling!.Value, Config.HiddenSize);
        var sequences = Enqueue(request.ToGeneration(), maxAnswer: 0, pool);
        var output = sequences[0].Output;
        using (cancellation.Register(() => _thread.Cancel(sequences)))
            await output.WaitAsync(0).ConfigureAwait(false); // no token ever comes, so this is its end
        cancellation.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(output.Finish == FinishReason.Cancelled, this);
        return new Embedding(pool.ToVector(request.Normalize!.Value, request.Dimensions), request.Prompt.Length, output.Statistics!.ReusedTokens);
    }

    /// <inheritdoc/>
    int IEmbedder.Dimensions => Config.HiddenSize;

    /// <inheritdoc/>
    int IEmbedder.MaxTokens => TextTokens.Most(Model, MaxContext);

    /// <inheritdoc/>
    int[] IEmbedder.EncodeText(string text, TextOptions? options) => TextTokens.Encode(Model, text, options, TextTokens.Most(Model, MaxContext));

    /// <summary>Continues a text; yields the answer as it comes.</summary>
    public async IAsyncEnumerable<string> StreamAsync(
        string prompt,
        int? maxTokens = null,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation = default)
    {
        using var generation = Submit(new GenerationRequest { Prompt = Encode(prompt), MaxTokens = maxTokens });
        await foreach (var text in generation.Choices[0].ReadTextAsync(cancellation).ConfigureAwait(false))
            yield return text;
    }

    /// <summary>Answers a conversation; yields the answer as it comes.</summary>
    public async IAsyncEnumerable<string> ChatAsync(
        IReadOnlyList<ChatMessage> messages,
        int? maxTokens = null,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation = default)
    {
        using var generation = Submit(new GenerationRequest { Prompt = EncodeChat(messages), MaxTokens = maxTokens });
        await foreach (var text in generation.Choices[0].ReadTextAsync(cancellation).ConfigureAwait(false))
            yield return text;
    }

    /// <summary>Token ids of a plain text to continue, with the begin token where the model's files ask for one (<see cref="Tokenizer.EncodePrompt"/>).</summary>
    public int[] Encode(string text) => RequireTokenizer().EncodePrompt(text);

    /// <summary>
    /// Token ids of a conversation in the model's chat format, ready for the assistant's answer. Special tokens in the contents are
    /// plain text.
    /// </summary>
    /// <exception cref="InvalidOperationException">The model has no chat template.</exception>
    public int[] EncodeChat(IReadOnlyList<ChatMessage> messages)
    {
        var template = Model.ChatTemplate
            ?? throw new InvalidOperationException($"{Model.Path} has no chat template; give a raw prompt instead");
        return ChatPrompt.Tokenize(RequireTokenizer(), template, messages, addGenerationPrompt: true);
    }

    /// <summary>Runs a receipt again without any reuse and compares bits.</summary>
    /// <exception cref="InvalidOperationException">The receipt belongs to another model or numerics profile, or its adapter is not loaded.</exception>
    public async Task<ReplayResult> ReplayAsync(Receipt receipt, CancellationToken cancellation = default)
    {
        if (receipt.Model != Model.Fingerprint.ToString())
            throw new InvalidOperationException($"the receipt belongs to model {receipt.Model}, this is {Model.Fingerprint}");
        if (receipt.NumericsProfile != NumericsProfile)
            throw new InvalidOperationException($"the receipt belongs to numerics profile {receipt.NumericsProfile}, this is {NumericsProfile}; its bits cannot be compared");
        var adapter = receipt.Adapter is { } used ? _adapters.RequireName(used) : null;
        return await ReceiptReplay.RunAsync(this, receipt, adapter, cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// What the engine has done so far and how it stands. Counted as it goes, so that asking costs nothing; the answer comes between two
    /// steps.
    /// </summary>
    public Task<EngineStatus> GetStatusAsync() => _thread.QueryAsync(loop => loop.Status);

    /// <summary>Forgets all cached prefixes, in the pool and in the tiers.</summary>
    public Task ClearCacheAsync() => _thread.QueryAsync(loop =>
    {
        loop.Chunks.Clear();
        loop.Index.Clear();
        loop.Tiers?.Tiers.Clear();
        return true;
    });

    /// <summary>Waits until the tiers have what was computed so far; false when that takes longer than <paramref name="most"/>.</summary>
    public async Task<bool> FlushTiersAsync(TimeSpan most)
    {
        var tiers = await _thread.QueryAsync(loop => loop.Tiers?.Tiers).ConfigureAwait(false);
        return tiers is null || await Task.Run(() => tiers.WaitForStores(most)).ConfigureAwait(false);
    }

    /// <summary>Ends all requests and frees everything.</summary>
    public void Dispose()
    {
        _thread.Dispose();
        _adapters.Dispose();
        _pool.Dispose();
        _model.Dispose();
    }

    internal Task<T> QueryAsync<T>(Func<EngineLoop, T> query) => _thread.QueryAsync(query);

    internal static BlockPoolOptions PoolOptions(LoadedModel model, EngineOptions options) => new()
    {
        BudgetBytes = options.KvBudgetBytes ?? DefaultBudget(model),
        PoisonFreedRows = options.PoisonFreedRows,
        Fault = options.PoolFault,
        Virtual = VirtualOptions(model, options),
    };

    internal static VirtualKvOptions? VirtualOptions(LoadedModel model, EngineOptions options) =>
        options.KvMemory == KvMemory.Paged ? null : new VirtualKvOptions
        {
            Shared = options.KvMemory == KvMemory.ContiguousShared,
            Slots = options.MaxSequences,
            MaxRows = model.MaxContext,
            Sliced = options.KvSliced,
            AheadRows = options.MaxBatchTokens,
            GuardShared = options.PoisonFreedRows,
            Time = options.Time,
        };

    private static long DefaultBudget(LoadedModel model)
    {
        var context = (long)(model.Layout.BytesPerToken * (model.MaxContext + model.Layout.BlockRows));
        var machine = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        return Math.Max(2 * model.Layout.BlockBytes, Math.Min(4 * context, machine / 4));
    }

    private Tokenizer RequireTokenizer() =>
        Tokenizer ?? throw new InvalidOperationException($"{Model.Path} has no tokenizer; give token ids instead of text");

    /// <summary>Hands the answers of a request to the loop.</summary>
    private Sequence[] Enqueue(GenerationRequest request, int maxAnswer, HiddenPool? pool)
    {
        if (!_options.PrefixCache)
            request = request with { UsePrefixCache = false };
        var adapter = request.Adapter is { } name ? _adapters.Acquire(name, request.Choices) : null;
        var scope = _model.Scope(request, adapter);
        var submitted = _options.Time.GetTimestamp();
        var sequences = new Sequence[request.Choices];
        lock (_gate)
        {
            for (var i = 0; i < sequences.Length; i++)
            {
                sequences[i] = new Sequence(
                    request, scope, i, maxAnswer, new TokenStream(maxAnswer, request.TopLogprobs), _arrivals++, submitted)
                {
                    Adapter = adapter,
                    Pool = pool,
                };
            }

            try
            {
                _thread.Submit(sequences);
            }
            catch
            {
                adapter?.Release(request.Choices);
                throw;
            }
        }

        return sequences;
    }
}
