using System.Text;
using Kvasir.KvCache.Identity;
using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Tests.Support;

internal static class TestScopes
{
    public static CacheScope Create(
        KvLayout? layout = null, byte model = 1, string profile = "cpu/1", byte[]? salt = null, string? adapter = null)
    {
        var fingerprint = new byte[BlockKey.Size];
        fingerprint[7] = model;
        return new CacheScope(fingerprint, layout ?? TestLayouts.Small, profile, salt ?? [], adapter);
    }

    public static CacheScope Tenant(string name) => Create(salt: Encoding.UTF8.GetBytes(name));
}
