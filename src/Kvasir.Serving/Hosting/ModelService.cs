using System.Security.Cryptography;
using System.Text;
using Kvasir.Engine;
using Kvasir.Engine.Adapters;
using Kvasir.Engine.Compression;
using Kvasir.Engine.Conversations;
using Kvasir.Engine.Embeddings;
using Kvasir.Grammars;
using Kvasir.KvCache.Compression.Profiles;
using Kvasir.Models;
using Kvasir.Serving.Configuration;
using Kvasir.Serving.Errors;
using Kvasir.Serving.Telemetry;

namespace Kvasir.Serving.Hosting;

/// <summary>A loaded model as requests use it. It is freed when it was retired and its last request has ended.</summary>
internal sealed class ModelService
{
    // Grammars are compiled a few at a time: a hostile one costs a core for seconds.
    private static readonly SemaphoreSlim Compiling = new(Math.Max(1, Environment.ProcessorCount / 2));

    private readonly Lock _gate = new();
    private readonly Lazy<GrammarCache> _grammars;
    private readonly TaskCompletionSource _freed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _users;
    private bool _retired;

    private ModelService(IEmbedder embedder, EngineOptions options, string name, TimeProvider time)
    {
        Embedder = embedder;
        Options = options;
        Name = name;
        Format = ConversationFormat.Detect(Model);
        Activity = new ModelActivity(time);
        SystemFingerprint = $"kvasir-{Fingerprint(Model, Generator?.NumericsProfile ?? Encoder!.NumericsProfile)}";
        Profiles = ProfileFiles.Of(Model);
        _grammars = new Lazy<GrammarCache>(() => new GrammarCache(Format.CreateVocabulary(Model.Config.VocabSize)));
    }

    public string Name { get; }

    /// <summary>What makes vectors of texts: every model can.</summary>
    public IEmbedder Embedder { get; }

    /// <summary>The model file.</summary>
    public ModelFile Model => Embedder.Model;

    /// <summary>What answers prompts; null for an encoder.</summary>
    public KvasirEngine? Generator => Embedder as KvasirEngine;

    /// <summary>The encoder; null for a model that answers prompts.</summary>
    public EmbeddingEngine? Encoder => Embedder as EmbeddingEngine;

    /// <summary>What answers prompts.</summary>
    /// <exception cref="ApiException">The model is an encoder.</exception>
    public KvasirEngine Engine =>
        Generator ?? throw ApiException.Invalid("model", $"the model {Name} is an encoder: it makes embeddings and does not generate text; use POST /v1/embeddings");

    /// <summary>Most tokens of prompt and answer together, or of a text for an encoder.</summary>
    public int MaxContext => Generator?.MaxContext ?? Embedder.MaxTokens;

    /// <summary>The loaded adapters.</summary>
    public IReadOnlyList<AdapterInfo> Adapters => Generator?.Adapters ?? [];

    /// <summary>How the engine is set up.</summary>
    public EngineOptions Options { get; }

    public ConversationFormat Format { get; }

    /// <summary>Names what the answers' bits depend on: the model and the numerics.</summary>
    public string SystemFingerprint { get; }

    /// <summary>What was measured of the model, where profiles lie beside it; what is no profile of this model throws <see cref="InvalidDataException"/> when it is asked for.</summary>
    public ModelProfiles Profiles { get; }

    /// <summary>What its requests have seen lately.</summary>
    public ModelActivity Activity { get; }

    /// <summary>Completes when its memory is free.</summary>
    public Task Freed => _freed.Task;

    /// <summary>Loads a model with its adapters.</summary>
    public static ModelService Load(ModelConfiguration configuration, TimeProvider time)
    {
        var embedder = Embedders.Load(configuration.Path, configuration.Engine);
        try
        {
            var service = new ModelService(embedder, configuration.Engine, configuration.EffectiveName, time);
            if (service.Encoder is not null && configuration.Adapters.Count > 0)
                throw new UnsupportedModelException(configuration.Path, "adapters are not supported for encoders; leave them out");
            foreach (var adapter in configuration.Adapters)
                service.Engine.LoadAdapter(adapter.Name, adapter.Path, adapter.Scale);
            return service;
        }
        catch
        {
            embedder.Dispose();
            throw;
        }
    }

    /// <summary>The tokenizer.</summary>
    /// <exception cref="ApiException">The model has none.</exception>
    public Tokenizer Tokenizer =>
        Model.Tokenizer ?? throw ApiException.Invalid("model", $"{Name} has no tokenizer; send token ids instead of text");

    /// <summary>Counts a user; false when the service was retired.</summary>
    public bool TryUse()
    {
        lock (_gate)
        {
            if (_retired)
                return false;
            _users++;
            return true;
        }
    }

    /// <summary>Ends a use.</summary>
    public void Release()
    {
        lock (_gate)
        {
            if (--_users > 0 || !_retired)
                return;
        }

        Free();
    }

    /// <summary>Takes no further users; the last one frees it.</summary>
    public void Retire()
    {
        lock (_gate)
        {
            if (_retired)
                return;
            _retired = true;
            if (_users > 0)
                return;
        }

        Free();
    }

    /// <summary>Makes a conversation ready, its grammar compiled.</summary>
    /// <exception cref="ApiException">The functions are not valid, or the model has no chat template.</exception>
    public async Task<(PreparedConversation Conversation, CompiledGrammar? Grammar)> PrepareAsync(ConversationRequest request, CancellationToken cancellation)
    {
        PreparedConversation conversation;
        try
        {
            conversation = Format.Prepare(request);
        }
        catch (ArgumentException exception)
        {
            throw ApiException.Invalid("tools", exception.Message, cause: exception);
        }
        catch (InvalidOperationException exception)
        {
            throw ApiException.Invalid("model", exception.Message, cause: exception);
        }

        if (!conversation.IsConstrained)
            return (conversation, null);
        var grammar = conversation.FindCompiled(_grammars.Value) ?? await CompileAsync(conversation.Compile, cancellation).ConfigureAwait(false);
        return (conversation, grammar);
    }

    /// <summary>The compiled grammar of a source, from the cache where it is there.</summary>
    public async Task<CompiledGrammar> CompileAsync(string kind, string source, Func<Grammar> make, CancellationToken cancellation) =>
        _grammars.Value.Find(kind, source)
            ?? (await CompileAsync(cache => cache.GetOrCompile(kind, source, make), cancellation).ConfigureAwait(false))!;

    private async Task<CompiledGrammar?> CompileAsync(Func<GrammarCache, CompiledGrammar?> compile, CancellationToken cancellation)
    {
        await Compiling.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await Task.Run(() => compile(_grammars.Value), cancellation).ConfigureAwait(false);
        }
        finally
        {
            Compiling.Release();
        }
    }

    private static string Fingerprint(ModelFile model, string profile) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{model.Fingerprint};{profile}")).AsSpan(0, 6));

    private void Free()
    {
        Embedder.Dispose();
        _freed.SetResult();
    }
}
