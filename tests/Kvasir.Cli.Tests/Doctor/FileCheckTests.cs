using Kvasir.Cli.Doctor;
using Kvasir.Cli.Doctor.Files;
using Kvasir.Engine;

namespace Kvasir.Cli.Tests.Doctor;

public sealed class FileCheckTests(TestModel model) : IDisposable, IClassFixture<TestModel>
{
    private readonly FakeMachine _machine = new();

    [Fact]
    public async Task Model_ThatIsSound_PassesEveryCheck()
    {
        var targets = new DoctorTargets { Models = [model.Path], Full = true };
        IDoctorCheck[] checks = [new ModelCheck(), new TokenizerCheck(), new ChatTemplateCheck(), new FingerprintCheck()];
        foreach (var check in checks)
        {
            var finding = await _machine.FindingAsync(check, targets);
            Assert.True(finding.Level == FindingLevel.Ok, finding.ToString());
        }
    }

    [Fact]
    public async Task Model_CutOff_IsAProblemThatNamesTheFile()
    {
        var whole = Path.Combine(model.Folder, "whole.gguf");
        await Cli.RunAsync(["model", "convert", model.Path, whole, "--type", "f32"]);
        var bytes = await File.ReadAllBytesAsync(whole);
        var cut = Path.Combine(model.Folder, "cut.gguf");
        await File.WriteAllBytesAsync(cut, bytes[..(bytes.Length / 2)]);
        var finding = await _machine.FindingAsync(new ModelCheck(), new DoctorTargets { Models = [cut] });
        Assert.Equal(FindingLevel.Problem, finding.Level);
        Assert.Contains("cut.gguf", finding.Found, StringComparison.Ordinal);
        Assert.Contains("damaged or incomplete", finding.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Model_OfAnotherKind_Missing_OrNotNamed_IsAProblem()
    {
        var folder = Directory.CreateDirectory(Path.Combine(model.Folder, "other")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "config.json"), """{"architectures": ["RwkvForCausalLM"], "model_type": "rwkv"}""");
        string[] models = [folder, Path.Combine(model.Folder, "nothing.gguf")];
        var findings = await _machine.LookAsync(new ModelCheck(), new DoctorTargets { Models = models });
        Assert.Equal(2, findings.Count);
        Assert.All(findings, finding => Assert.Equal(FindingLevel.Problem, finding.Level));
        Assert.Contains("docs/models.md", findings[0].Advice, StringComparison.Ordinal);

        var none = await _machine.FindingAsync(new ModelCheck(), new DoctorTargets { NoModel = "the bundled model is missing" });
        Assert.Equal("the bundled model is missing", none.Found);
    }

    [Fact]
    public async Task Model_WithALongerContextAskedFor_IsAProblem()
    {
        var finding = await _machine.FindingAsync(
            new ModelCheck(), new DoctorTargets { Models = [model.Path], Engine = new EngineOptions { MaxContext = 1_000_000 } });
        Assert.Equal(FindingLevel.Problem, finding.Level);
    }

    [Fact]
    public async Task Model_WithoutTokenizer_IsAWarning_WithoutTemplateANote()
    {
        var targets = new DoctorTargets { Models = [TestModel.Fixture("llama_rope3")] };
        Assert.Equal(FindingLevel.Warning, (await _machine.FindingAsync(new TokenizerCheck(), targets)).Level);
        Assert.Equal(FindingLevel.Note, (await _machine.FindingAsync(new ChatTemplateCheck(), targets)).Level);
    }

    [Theory]
    [InlineData("{\"listen\": [] // comment\n}", nameof(FindingLevel.Ok), "")]
    [InlineData("{\n\"listen\": oops}", nameof(FindingLevel.Problem), "line 2")]
    [InlineData("[]", nameof(FindingLevel.Problem), "no JSON object")]
    public async Task Configuration_IsReadAsJson(string text, string level, string expected)
    {
        var finding = await _machine.FindingAsync(new ConfigFileCheck(), new DoctorTargets { ConfigFile = model.Write("kvasir.json", text) });
        Assert.Equal(level, finding.Level.ToString());
        Assert.Contains(expected, finding.Found, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Configuration_WithKeysThatEverybodyReads_IsAWarning()
    {
        if (OperatingSystem.IsWindows())
            return;
        var path = model.Write("keys.json", """{"tenants": [{"key": "secret"}]}""");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        var open = await _machine.FindingAsync(new ConfigFileCheck(), new DoctorTargets { ConfigFile = path });
        Assert.Equal(FindingLevel.Warning, open.Level);
        Assert.DoesNotContain("secret", open.ToString(), StringComparison.Ordinal);
        File.SetUnixFileMode(path, UnixFileMode.UserRead);
        Assert.Equal(FindingLevel.Ok, (await _machine.FindingAsync(new ConfigFileCheck(), new DoctorTargets { ConfigFile = path })).Level);
    }

    [Fact]
    public async Task Configuration_NamedButMissing_IsAProblem_NotNamedIsNothing()
    {
        var missing = new DoctorTargets { ConfigFile = Path.Combine(model.Folder, "missing.json") };
        Assert.Equal(FindingLevel.Problem, (await _machine.FindingAsync(new ConfigFileCheck(), missing)).Level);
        Assert.Empty(await _machine.LookAsync(new ConfigFileCheck()));
    }

    [Fact]
    public async Task Folder_IsProbedWhereItWouldBeMade_AndLeftAsItWas()
    {
        var folder = Directory.CreateDirectory(Path.Combine(model.Folder, "cache")).FullName;
        var targets = new DoctorTargets { Folders = [Path.Combine(folder, "not", "yet")] };
        Assert.Equal(FindingLevel.Ok, (await _machine.FindingAsync(new FolderCheck(), targets)).Level);
        Assert.Empty(Directory.GetFileSystemEntries(folder));

        _machine.Facts = _machine.Facts with { FreeBytes = _ => 5 << 20 };
        var full = await _machine.FindingAsync(new FolderCheck(), targets);
        Assert.Equal(FindingLevel.Warning, full.Level);
        Assert.Contains("5.0 MiB free", full.Found, StringComparison.Ordinal);
    }

    public void Dispose() => _machine.Dispose();
}
