using System.CommandLine;
using Kvasir.Engine;
using Kvasir.KvCache.Retention;
using Kvasir.KvCache.Virtual;
using Kvasir.Numerics.Attention;
using Kvasir.Serving.Configuration;

namespace Kvasir.Cli.Options;

/// <summary>The options of every command that loads a model.</summary>
/// <param name="withCache">True for a command that is about the cache on the disk.</param>
internal sealed class EngineOptionSet(bool withCache = false)
{
    private readonly Option<string?> _model = new("--model", "-m")
    {
        Description = $"{NamedModel.Description} Default: the bundled model, or ${BundledFiles.ModelVariable}.",
        HelpName = NamedModel.HelpName,
    };

    private readonly Option<int?> _maxContext = new("--max-context")
    {
        Description = "Most tokens of prompt and answer together. Default: what the model was made for.",
        HelpName = "N",
    };

    private readonly Option<int?> _threads = new("--threads", "-t")
    {
        Description = "Worker threads; the answer's bits do not depend on it. Default: the processors of the machine.",
        HelpName = "N",
    };

    private readonly Option<KvDataType> _kvType = new("--kv-type")
    {
        Description = "How keys and values are stored: f32, f16, bf16, q8_0 or q4_0.",
        HelpName = "TYPE",
        CustomParser = NamedValue.Parse<KvDataType>,
        DefaultValueFactory = _ => new EngineOptions().KvType,
    };

    private readonly Option<long?> _kvBudget = new("--kv-budget")
    {
        Description = "Memory for keys and values, e.g. 512MiB. Default: four full contexts, at most a quarter of the machine's memory.",
        HelpName = "SIZE",
        CustomParser = result =>
        {
            if (Units.TryParseSize(result.Tokens[0].Value, out var bytes))
                return bytes;
            result.AddError($"--kv-budget is '{result.Tokens[0].Value}'; write a size such as 512MiB or 2GiB");
            return null;
        },
    };

    private readonly TierOptionSet _tiers = new(withCache);
    private readonly Option<string> _retention = new("--retention")
    {
        Description = $"Which kept keys and values go first when there is no room: {string.Join(", ", RetentionPolicies.Names)}.",
        HelpName = "NAME",
        CustomParser = result =>
        {
            if (RetentionPolicies.Names.Contains(result.Tokens[0].Value))
                return result.Tokens[0].Value;
            NamedValue.AddError(result, RetentionPolicies.Names);
            return null;
        },
        DefaultValueFactory = _ => new EngineOptions().Retention.Name,
    };

    private readonly Option<KvMemory> _kvMemory = new("--kv-memory")
    {
        Description = $"Where keys and values lie: {string.Join(", ", KvMemoryNames.All)}; the answer's bits do not depend on it.",
        HelpName = "KIND",
        CustomParser = result =>
        {
            if (KvMemoryNames.TryParse(result.Tokens[0].Value, out var memory))
                return memory;
            NamedValue.AddError(result, KvMemoryNames.All);
            return default;
        },
        DefaultValueFactory = _ => new EngineOptions().KvMemory,
    };

    public void AddTo(Command command)
    {
        command.Add(_model);
        command.Add(_maxContext);
        command.Add(_threads);
        command.Add(_kvType);
        command.Add(_kvBudget);
        _tiers.AddTo(command);
        command.Add(_retention);
        command.Add(_kvMemory);
        _maxContext.Validators.Add(result => Positive(result, _maxContext));
        _threads.Validators.Add(result => Positive(result, _threads));
    }

    public string ModelPath(ParseResult parsed) => NamedModel.OrDefault(parsed.GetValue(_model));

    public EngineOptions Read(ParseResult parsed) => new()
    {
        MaxContext = parsed.GetValue(_maxContext),
        Threads = parsed.GetValue(_threads),
        KvType = parsed.GetValue(_kvType),
        KvBudgetBytes = parsed.GetValue(_kvBudget),
        Tiers = _tiers.Read(parsed),
        Retention = RetentionPolicies.Create(parsed.GetValue(_retention)!),
        KvMemory = parsed.GetValue(_kvMemory),
    };

    /// <summary>Loads the model; the caller disposes the engine.</summary>
    public KvasirEngine Load(ParseResult parsed) => KvasirEngine.Load(ModelPath(parsed), Read(parsed));

    private static void Positive(System.CommandLine.Parsing.OptionResult result, Option<int?> option)
    {
        if (result.GetValueOrDefault<int?>() is < 1)
            result.AddError($"{option.Name} is {result.GetValueOrDefault<int?>()}; allowed: 1 or more");
    }
}
