using System.Security.Cryptography;
using Kvasir.KvCache.Identity;
using Kvasir.KvCache.Tests.Support;
using Kvasir.Numerics.Attention;

namespace Kvasir.KvCache.Tests.Identity;

public class CacheScopeTests
{
    [Fact]
    public void EqualScopes_HaveEqualRoots() => Assert.Equal(TestScopes.Create().Root, TestScopes.Create().Root);

    [Fact]
    public void EveryPartOfAScope_ChangesTheRoot()
    {
        var longSalt = new byte[100];
        CacheScope[] scopes =
        [
            TestScopes.Create(),
            TestScopes.Create(model: 2),
            TestScopes.Create(profile: "cpu/2"),
            TestScopes.Create(profile: ""),
            TestScopes.Create(adapter: ""),
            TestScopes.Create(adapter: "lora"),
            TestScopes.Create(profile: "cpu/1lora"),
            TestScopes.Create(salt: [0]),
            TestScopes.Create(salt: [0, 0]),
            TestScopes.Create(salt: [1]),
            TestScopes.Create(salt: [1, 0]),
            TestScopes.Create(salt: longSalt),
            TestScopes.Create(salt: SHA256.HashData(longSalt)),
        ];
        Assert.Equal(scopes.Length, scopes.Select(scope => scope.Root).Distinct().Count());
    }

    [Fact]
    public void EveryFieldOfTheLayout_ChangesTheRoot()
    {
        // By reflection, so that a field added to the layout and forgotten in the key fails here.
        var constructor = typeof(KvLayout).GetConstructors().MaxBy(candidate => candidate.GetParameters().Length)!;
        var values = constructor.GetParameters().Select(parameter => Value(parameter.ParameterType, 1)).ToArray();
        var roots = new HashSet<BlockKey> { Root(values) };
        for (var i = 0; i < values.Length; i++)
        {
            var changed = values.ToArray();
            changed[i] = Value(constructor.GetParameters()[i].ParameterType, 2);
            Assert.True(roots.Add(Root(changed)), $"{constructor.GetParameters()[i].Name} is not part of the key");
        }

        BlockKey Root(object[] arguments) => TestScopes.Create((KvLayout)constructor.Invoke(arguments)).Root;

        static object Value(Type type, int which) => type.IsEnum ? Enum.ToObject(type, which) : Convert.ChangeType(16 * which, type, null);
    }

    [Fact]
    public void Chain_DependsOnParentTokensTheirOrderAndTheSalt()
    {
        var scope = TestScopes.Create();
        var other = TestScopes.Create(salt: [9]);
        var long1 = Enumerable.Range(0, 500).ToArray();
        BlockKey[] keys =
        [
            scope.Root,
            scope.Chain(scope.Root, [1, 2]),
            scope.Chain(scope.Root, [2, 1]),
            scope.Chain(scope.Root, [1]),
            scope.Chain(scope.Root, [1, 2, 0]),
            scope.Chain(scope.Root, [1, 2 + (1 << 8)]),
            scope.Chain(scope.Root, [1, 2 + (1 << 16)]),
            scope.Chain(scope.Root, [1, 2 + (1 << 24)]),
            scope.Chain(scope.Root, long1),
            scope.Chain(scope.Chain(scope.Root, [1]), [2]),
            other.Chain(scope.Root, [1, 2]),
            other.Chain(other.Root, [1, 2]),
        ];
        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.Equal(keys[1], TestScopes.Create().Chain(scope.Root, [1, 2]));
    }

    [Fact]
    public void Key_SurvivesItsBytesAndPrintsThem()
    {
        var bytes = Enumerable.Range(0, BlockKey.Size).Select(i => (byte)(i * 7)).ToArray();
        var key = new BlockKey(bytes);
        var copy = new byte[BlockKey.Size];
        key.CopyTo(copy);
        Assert.Equal(bytes, copy);
        Assert.Equal(Convert.ToHexStringLower(bytes), key.ToString());
        Assert.Throws<ArgumentException>(() => new BlockKey(new byte[31]));
    }

    [Fact]
    public void ShortFingerprint_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new CacheScope(new byte[31], TestLayouts.Small, "cpu/1", default, null));
}
