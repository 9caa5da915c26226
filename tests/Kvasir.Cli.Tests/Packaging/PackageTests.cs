using System.IO.Compression;

namespace Kvasir.Cli.Tests.Packaging;

/// <summary>Packs the rooms and uses the packages as a stranger would: from a feed in a folder.</summary>
public sealed class PackageTests : IDisposable
{
    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="Kvasir.Engine" Version="VERSION" />
          </ItemGroup>
        </Project>
        """;

    private const string Source = """
        using Kvasir.Engine;
        using Kvasir.Grammars;
        using Kvasir.Models;
        using Kvasir.Numerics;

        using var engine = KvasirEngine.Load(args[0], new EngineOptions { Threads = 1 });
        var tokens = 0;
        await foreach (var text in engine.StreamAsync("a stone", maxTokens: 4))
            tokens++;
        Console.WriteLine($"{engine.Config.Architecture} {tokens > 0} {typeof(Grammar).Name} {InstructionSets.Best is not default(InstructionSet) or InstructionSet.Portable}");
        """;

    private static readonly string[] Rooms = ["Numerics", "Compute", "Models", "KvCache", "Grammars", "Engine"];

    private readonly string _folder = Directory.CreateTempSubdirectory("kvasir-packages-").FullName;

    private string Feed => Path.Combine(_folder, "feed");

    /// <summary>A package cache of its own, over the user's: what others made need not be fetched again.</summary>
    private Dictionary<string, string> Environment => new()
    {
        ["NUGET_PACKAGES"] = Path.Combine(_folder, "cache"),
        ["NUGET_FALLBACK_PACKAGES"] = System.Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile), ".nuget", "packages"),
        ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
        ["MSBUILDDISABLENODEREUSE"] = "1",
    };

    [SlowFact]
    public void ThePackages_AreBuiltAgainst_FromAFeedInAFolder()
    {
        foreach (var room in Rooms)
            Pack($"Kvasir.{room}");
        var version = Version("Kvasir.Engine");
        foreach (var room in Rooms)
        {
            using var package = ZipFile.OpenRead(Path.Combine(Feed, $"Kvasir.{room}.{version}.nupkg"));
            string[] expected = [$"lib/net10.0/Kvasir.{room}.dll", $"lib/net10.0/Kvasir.{room}.xml", "README.md"];
            Assert.All(expected, name => Assert.Contains(package.Entries, entry => entry.FullName == name));
            Assert.True(File.Exists(Path.Combine(Feed, $"Kvasir.{room}.{version}.snupkg")));
        }

        using var model = new TestModel();
        var consumer = Directory.CreateDirectory(Path.Combine(_folder, "consumer")).FullName;
        File.WriteAllText(Path.Combine(consumer, "consumer.csproj"), Project.Replace("VERSION", version, StringComparison.Ordinal));
        File.WriteAllText(Path.Combine(consumer, "Program.cs"), Source);
        Shell.Run(consumer, Environment, "dotnet", "build", "-m:1", "--nologo", $"-p:RestoreAdditionalProjectSources={Feed}", "--output", "out");
        var output = Shell.Run(consumer, Environment, "dotnet", Path.Combine("out", "consumer.dll"), model.Path);
        Assert.Equal("llama True Grammar True", output.Trim());
    }

    [SlowFact]
    public void TheTool_IsInstalled_AndAnswersWithTheModelInItsPackage()
    {
        Pack("Kvasir.Cli");
        var version = Version("Kvasir.Cli");
        var tools = Path.Combine(_folder, "tools");
        Shell.Run(_folder, Environment, "dotnet", "tool", "install", "Kvasir.Cli", "--version", version, "--tool-path", tools, "--add-source", Feed);
        var kvasir = Path.Combine(tools, "kvasir");
        var environment = new Dictionary<string, string>(Environment) { ["KVASIR_MODEL"] = "" };
        Assert.StartsWith(version, Shell.Run(_folder, environment, kvasir, "--version"), StringComparison.Ordinal);
        var answer = Shell.Run(_folder, environment, kvasir, "run", "The access code for golden-river is 482913. What is the access code for golden-river?");
        Assert.Equal("482913", answer.Trim());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Pack(string project)
    {
        // What the tests were built with is packed as it is.
        var configuration = AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Debug{Path.DirectorySeparatorChar}", StringComparison.Ordinal) ? "Debug" : "Release";
        Shell.Run(
            Shell.Root, new Dictionary<string, string> { ["MSBUILDDISABLENODEREUSE"] = "1" },
            "dotnet", "pack", Path.Combine("src", project), "--configuration", configuration, "--no-build", "-m:1", "--output", Feed);
    }

    private string Version(string package) =>
        Path.GetFileNameWithoutExtension(Directory.GetFiles(Feed, $"{package}.*.nupkg").Single())[(package.Length + 1)..];
}
