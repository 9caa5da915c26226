using System.Reflection;
using System.Text.RegularExpressions;
using Kvasir.Benchmarks.Agents;
using Kvasir.Benchmarks.Compression;
using Kvasir.Benchmarks.Rag;
using Kvasir.KvCache.Compression;
using Kvasir.KvCache.Reading;

namespace Kvasir.Cli.Tests;

/// <summary>The table of the survey's leaves in docs/systems.md says of every leaf what stands for it, and each name in it is one of the code.</summary>
public sealed partial class SurveyTests
{
    private static readonly string[] Leaves =
    [
        "T1a", "T1b", "T1c", "T2a", "T2b", "T3a", "T3b", "T4a", "T4b", "T4c", "T5a", "T5b", "T5c", "M1a", "M1b", "M2a", "M2b", "M3a", "M3b",
        "S1a", "S1b", "S2a", "S2b", "S2c", "S3a", "S3b", "S3c", "S3d",
    ];

    private static readonly Type[] Types =
        [.. Directory.EnumerateFiles(AppContext.BaseDirectory, "Kvasir.*.dll").Where(path => !Path.GetFileName(path).Contains("Tests", StringComparison.Ordinal)).SelectMany(path => Assembly.LoadFrom(path).GetTypes())];

    [Fact]
    public void EveryLeafHasARow_WithItsCodeOrAReason()
    {
        Assert.Equal(Leaves, Rows().Select(row => row.Leaf));
        Assert.All(Rows(), row => Assert.True(row.Code != "—" || row.Missing != "—", $"{row.Leaf}: neither code nor a reason"));
    }

    [Fact]
    public async Task WhatStandsForALeaf_IsInTheCode_IsTested_AndIsMeasured()
    {
        var tests = Directory.EnumerateFiles(Path.Combine(Root, "tests"), "*Tests.cs", SearchOption.AllDirectories).Select(Path.GetFileNameWithoutExtension).ToHashSet();
        foreach (var row in Rows().Where(row => row.Code != "—"))
        {
            var parts = row.Code.Split("; ");
            Assert.True(parts.Length == 3, $"{row.Leaf}: '{row.Code}' is not 'types as interface; tests; command'");
            Assert.Contains(" as ", parts[0], StringComparison.Ordinal);
            Assert.All(Names(parts[0]), name => Assert.True(Types.Any(type => type.Name == name), $"{row.Leaf}: no type is called {name}"));
            Assert.All(Names(parts[1]), name => Assert.True(tests.Contains(name), $"{row.Leaf}: no test is called {name}"));
            var command = Assert.Single(Names(parts[2])).Split(" --suite ");
            var help = await Cli.RunAsync([.. command[0].Split(' '), "--help"]);
            Assert.Contains($"kvasir {command[0]}", help.Output, StringComparison.Ordinal);
            if (command.Length > 1)
                Assert.Contains(command[1], Suites(command[0]));
        }
    }

    [Fact]
    public void EveryPolicyOfTheCode_IsInTheTable()
    {
        var named = Rows().SelectMany(row => Names(row.Code)).ToHashSet();
        var policies = Types.Where(type => type is { IsPublic: true, IsAbstract: false } && (type.IsAssignableTo(typeof(ICompressionPolicy)) || type.IsAssignableTo(typeof(IReadingPolicy))));
        Assert.NotEmpty(policies);
        Assert.All(policies, policy => Assert.True(named.Contains(policy.Name), $"{policy.Name} stands for no leaf of the survey in docs/systems.md"));
    }

    private static string Root { get; } = Path.GetFullPath(TestModel.Fixture("..", ".."));

    private static IEnumerable<(string Leaf, string Code, string Missing)> Rows() =>
        File.ReadLines(Path.Combine(Root, "docs", "systems.md"))
            .Select(line => LeafRow().Match(line))
            .Where(match => match.Success)
            .Select(match => (match.Groups[1].Value, match.Groups[2].Value, match.Groups[3].Value));

    private static IEnumerable<string> Names(string text) => Quoted().Matches(text).Select(match => match.Groups[1].Value);

    private static IReadOnlyList<string> Suites(string command) => command switch
    {
        "bench compression" => CompressionBenchmark.Suites,
        "bench rag" => RagBenchmark.Suites,
        "bench agents" => AgentBenchmark.Suites,
        _ => [],
    };

    [GeneratedRegex(@"^\| ([TMS]\d[a-d]) [^|]*\|[^|]*\| ([^|]*) \| ([^|]*) \|$")]
    private static partial Regex LeafRow();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();
}
