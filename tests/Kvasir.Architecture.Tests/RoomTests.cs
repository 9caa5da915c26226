using System.Reflection;
using NetArchTest.Rules;

namespace Kvasir.Architecture.Tests;

/// <summary>The house as it was drawn: which room may know which.</summary>
public sealed class RoomTests
{
    /// <summary>Every room with the rooms below it that it may use.</summary>
    private static readonly Dictionary<string, string[]> MayUse = new(StringComparer.Ordinal)
    {
        ["Numerics"] = [],
        ["Compute"] = ["Numerics"],
        ["Models"] = ["Numerics"],
        ["KvCache"] = ["Numerics"],
        ["Grammars"] = [],
        ["Engine"] = ["Grammars", "KvCache", "Models", "Compute", "Numerics"],
        ["Serving"] = ["Engine", "Grammars", "KvCache", "Models", "Compute", "Numerics"],
        ["Benchmarks"] = ["Engine", "Grammars", "KvCache", "Models", "Compute", "Numerics"],
        ["Cli"] = ["Benchmarks", "Serving", "Engine", "Grammars", "KvCache", "Models", "Compute", "Numerics"],
    };

    public static TheoryData<string> Rooms => [.. MayUse.Keys];

    [Fact]
    public void EveryFolderOfTheSourceIsADrawnRoom() =>
        Assert.Equal(MayUse.Keys.Order(StringComparer.Ordinal), Repository.Rooms.Select(path => Path.GetFileName(path)["Kvasir.".Length..]).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Rooms))]
    public void ARoomUsesOnlyRoomsBelowIt(string room)
    {
        var used = Load(room).GetReferencedAssemblies()
            .Select(name => RoomOf(name.Name!))
            .Where(name => name is not null);
        Assert.All(used, name => Assert.Contains(name!, MayUse[room]));
    }

    [Theory]
    [MemberData(nameof(Rooms))]
    public void NoTypeOfARoomDependsOnARoomAboveIt(string room)
    {
        string[] forbidden = [.. MayUse.Keys.Where(other => other != room && !MayUse[room].Contains(other)).Select(other => $"Kvasir.{other}")];
        if (forbidden.Length == 0)
            return;
        var result = Types.InAssembly(Load(room)).ShouldNot().HaveDependencyOnAny(forbidden).GetResult();
        Assert.True(result.IsSuccessful, $"Kvasir.{room}: {string.Join(", ", result.FailingTypeNames ?? [])} use a room above");
    }

    [Theory]
    [MemberData(nameof(Rooms))]
    public void TypesLiveInTheirRoomsNamespace(string room)
    {
        var strangers = Load(room).GetTypes()
            .Where(type => type.Namespace is { } name && name.StartsWith("Kvasir", StringComparison.Ordinal))
            .Where(type => type.Namespace != $"Kvasir.{room}" && !type.Namespace!.StartsWith($"Kvasir.{room}.", StringComparison.Ordinal));
        Assert.Empty(strangers);
    }

    [Theory]
    [InlineData("Numerics")]
    [InlineData("Compute")]
    [InlineData("Models")]
    [InlineData("KvCache")]
    [InlineData("Grammars")]
    public void TheLowerRoomsStandOnThePlatformAlone(string room)
    {
        var foreign = Load(room).GetReferencedAssemblies()
            .Select(name => name.Name!)
            .Where(name => RoomOf(name) is null && !name.StartsWith("System.", StringComparison.Ordinal) && name is not ("netstandard" or "Microsoft.Win32.Primitives"));
        Assert.Empty(foreign);
    }

    private static string? RoomOf(string assembly) =>
        assembly.StartsWith("Kvasir.", StringComparison.Ordinal) ? assembly["Kvasir.".Length..] : null;

    private static Assembly Load(string room) => Assembly.Load(room == "Cli" ? "kvasir" : $"Kvasir.{room}");
}
