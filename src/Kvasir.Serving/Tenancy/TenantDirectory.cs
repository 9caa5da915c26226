using System.Security.Cryptography;
using System.Text;
using Kvasir.KvCache.Tiers.Disk;
using Kvasir.Serving.Configuration;
using Kvasir.Serving.Errors;
using Microsoft.AspNetCore.Http;

namespace Kvasir.Serving.Tenancy;

/// <summary>Finds who sends a request. Keys are compared in a time that does not depend on them.</summary>
internal sealed class TenantDirectory
{
    private const string Scheme = "Bearer ";
    private const int MinKeyLength = 8;

    private readonly List<(byte[] Hash, Tenant Tenant)> _keys = [];
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly Tenant _everybody;
    private readonly byte[]? _adminHash;

    /// <exception cref="ConfigurationException">A tenant lacks its name or keys, or a key is used twice.</exception>
    public TenantDirectory(ServerConfiguration configuration)
    {
        _adminHash = configuration.Admin.Key is { } admin ? Hash(Checked(admin, "admin.key")) : null;
        _everybody = new Tenant("everybody", default, mayUsePublicScope: true, configuration.Limits.TenantRequests, configuration.Reuse, configuration.Compression);
        var secret = SaltSecret(configuration);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tenant in configuration.Tenants)
        {
            if (tenant.Name.Length == 0 || !names.Add(tenant.Name))
                throw new ConfigurationException($"tenants: the name '{tenant.Name}' is empty or used twice; give every tenant a name of his own");
            if (tenant.Keys.Count == 0)
                throw new ConfigurationException($"tenants: '{tenant.Name}' has no keys; nobody could use it");
            var salt = HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes(tenant.Name));
            var entry = new Tenant(tenant.Name, salt, tenant.PublicScope, tenant.MaxRequests ?? configuration.Limits.TenantRequests, tenant.Reuse ?? configuration.Reuse, tenant.Compression ?? configuration.Compression);
            _names[entry.CacheLabel] = tenant.Name;
            foreach (var key in tenant.Keys)
            {
                var hash = Hash(Checked(key, $"a key of tenant '{tenant.Name}'"));
                if (Find(hash) is not null || _adminHash is not null && CryptographicOperations.FixedTimeEquals(hash, _adminHash))
                    throw new ConfigurationException($"tenants: a key of '{tenant.Name}' is used twice; a key stands for one tenant");
                _keys.Add((hash, entry));
            }
        }
    }

    /// <summary>What is given; else what lies beside a cache that outlives the process; else a random one for this start.</summary>
    private static byte[] SaltSecret(ServerConfiguration configuration)
    {
        if (configuration.Cache.Secret is { } given)
            return Encoding.UTF8.GetBytes(given);
        var disk = configuration.Models.Select(model => model.Engine.Tiers?.Disk).FirstOrDefault(disk => disk is not null);
        return disk is null || configuration.Tenants.Count == 0
            ? RandomNumberGenerator.GetBytes(32)
            : TenantSecretFile.Open(CacheLocation.KeyFolder(disk.Folder));
    }

    /// <summary>Whether requests need a key.</summary>
    public bool NeedsKey => _keys.Count > 0;

    /// <summary>The name of the tenant whose cache scope has a label; the label itself where there is none, as for the public scope.</summary>
    public string NameOf(string label) => _names.GetValueOrDefault(label, label);

    /// <summary>Who sends the request.</summary>
    /// <exception cref="ApiException">The key is missing or not known.</exception>
    public Tenant Authenticate(HttpRequest request)
    {
        if (!NeedsKey)
            return _everybody;
        var key = Key(request) ?? throw ApiException.Unauthorized("an API key is needed; send it as 'Authorization: Bearer KEY'");
        return Find(Hash(key)) ?? throw ApiException.Unauthorized("the API key is not known");
    }

    /// <summary>Lets only the operator pass.</summary>
    /// <exception cref="ApiException">The key is missing or not the operator's.</exception>
    public void AuthenticateAdmin(HttpRequest request)
    {
        var key = Key(request) ?? throw ApiException.Unauthorized("the operator's key is needed; send it as 'Authorization: Bearer KEY'");
        if (_adminHash is null || !CryptographicOperations.FixedTimeEquals(Hash(key), _adminHash))
            throw ApiException.Unauthorized("this is not the operator's key");
    }

    private static string? Key(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..].Trim() : null;
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    private static string Checked(string key, string what) => key.Length >= MinKeyLength
        ? key
        : throw new ConfigurationException($"{what} has {key.Length} characters; use at least {MinKeyLength}");

    /// <summary>All keys are looked at, found or not.</summary>
    private Tenant? Find(byte[] hash)
    {
        Tenant? found = null;
        foreach (var (known, tenant) in _keys)
        {
            if (CryptographicOperations.FixedTimeEquals(known, hash))
                found = tenant;
        }

        return found;
    }
}
