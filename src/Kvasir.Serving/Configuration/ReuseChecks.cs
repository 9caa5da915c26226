using Kvasir.Engine;
using Kvasir.KvCache.Virtual;

namespace Kvasir.Serving.Configuration;

/// <summary>What reuse that is not a prefix cannot be combined with (guarantee G3): refused when the server starts.</summary>
internal static class ReuseChecks
{
    /// <exception cref="ConfigurationException">A policy does not exist, or a model's engine cannot reuse what is to be reused.</exception>
    public static void Check(ServerConfiguration configuration)
    {
        configuration.Reuse.Validate("reuse.policy");
        configuration.Compression.Validate("kv.policy");
        foreach (var tenant in configuration.Tenants)
        {
            tenant.Reuse?.Validate($"tenants: reuse.policy of '{tenant.Name}'");
            tenant.Compression?.Validate($"tenants: kv.policy of '{tenant.Name}'");
        }

        foreach (var model in configuration.Models)
        {
            try
            {
                model.Engine.Audit.Validate();
            }
            catch (ArgumentException exception)
            {
                throw new ConfigurationException($"engine.audit of {model.EffectiveName}: {exception.Message}", exception);
            }

            if (model.Engine.ChunkShare is not (>= 0 and <= 1))
                throw new ConfigurationException(FormattableString.Invariant($"engine.chunkShare of {model.EffectiveName} is {model.Engine.ChunkShare}; expected a share from 0 to 1"));
            if (Obstacle(model.Engine) is { } obstacle && Asking(configuration) is { } asking)
                throw new ConfigurationException($"{asking} asks for reuse, and the engine of {model.EffectiveName} cannot: {obstacle}");
        }
    }

    /// <summary>Why an engine cannot reuse text behind another prefix, and what to do; null when it can.</summary>
    public static string? Obstacle(EngineOptions engine) =>
        engine.KvMemory != KvMemory.Paged ? $"chunks are read where they lie, in the blocks of paged KV, and engine.kvMemory is {KvMemoryNames.Of(engine.KvMemory)}; set it to {KvMemoryNames.Of(KvMemory.Paged)}, or reuse.policy to {ReuseConfiguration.Off}"
        : !engine.PrefixCache ? $"engine.prefixCache is false, so nothing is kept between requests; set it to true, or reuse.policy to {ReuseConfiguration.Off}"
        : engine.ChunkShare == 0 ? $"engine.chunkShare is 0, so no chunk is kept; raise it, or set reuse.policy to {ReuseConfiguration.Off}"
        : null;

    /// <summary>The setting that asks for reuse; null when none does.</summary>
    private static string? Asking(ServerConfiguration configuration) =>
        configuration.Tenants.FirstOrDefault(tenant => tenant.Reuse is { IsOn: true }) is { } tenant ? $"reuse.policy of tenant '{tenant.Name}'"
        : configuration.Reuse.IsOn ? "reuse.policy"
        : null;
}
