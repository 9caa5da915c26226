using Kvasir.Models.Hub;

namespace Kvasir.Models.Tests.Hub;

/// <summary>What names a model, and what does not.</summary>
public sealed class ReferenceTests
{
    [Theory]
    [InlineData("acme/tiny", "acme", "tiny", null, null)]
    [InlineData("acme/tiny-GGUF:Q4_K_M", "acme", "tiny-GGUF", "Q4_K_M", null)]
    [InlineData("acme/tiny:sub/*.gguf@v1.0", "acme", "tiny", "sub/*.gguf", "v1.0")]
    [InlineData("acme/tiny@refs/pr/1", "acme", "tiny", null, "refs/pr/1")]
    [InlineData("a/b_c.d", "a", "b_c.d", null, null)]
    public void References_AreRead_AndWrittenTheSame(string text, string owner, string name, string? selector, string? revision)
    {
        var reference = HubReference.Parse(text);
        Assert.Equal((owner, name, selector, revision), (reference.Owner, reference.Name, reference.Selector, reference.Revision));
        Assert.Equal(text, reference.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("tiny")]
    [InlineData("/acme/tiny")]
    [InlineData("acme/tiny/model.gguf")]
    [InlineData("../tiny")]
    [InlineData("./tiny")]
    [InlineData("acme/..")]
    [InlineData("acme/")]
    [InlineData("acme/a--b")]
    [InlineData("acme/tiny:")]
    [InlineData("acme/tiny:../x")]
    [InlineData("acme/tiny@")]
    [InlineData("acme/tiny@../x")]
    [InlineData("acme/tiny@a b")]
    [InlineData("acme\\tiny")]
    [InlineData("https://host/acme/tiny")]
    [InlineData("C:/acme")]
    public void OtherTexts_AreNone(string text)
    {
        Assert.False(HubReference.TryParse(text, out _));
        Assert.Contains("OWNER/NAME", Assert.Throws<FormatException>(() => HubReference.Parse(text)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tiny-Q4_K_M.gguf", "Q4_K_M")]
    [InlineData("tiny.q8_0.gguf", "Q8_0")]
    [InlineData("UD/tiny-UD-IQ2_XXS.gguf", "IQ2_XXS")]
    [InlineData("Q6_K/tiny-Q6_K-00001-of-00003.gguf", "Q6_K")]
    [InlineData("tiny-bf16.gguf", "BF16")]
    [InlineData("gpt-oss-mxfp4.gguf", "MXFP4")]
    [InlineData("qwen2-7b.gguf", null)]
    public void AQuantisation_IsReadFromTheName(string path, string? expected) =>
        Assert.Equal(expected, Assert.Single(GgufGroup.Of([path])).Quantization);

    [Theory]
    [InlineData("HF_ENDPOINT", "hub.example")]
    [InlineData("HF_ENDPOINT", "ftp://hub.example")]
    [InlineData("HF_ENDPOINT", "https://user:pass@hub.example")]
    [InlineData("HF_ENDPOINT", "https://hub.example/?token=hf_abcdefgh")]
    [InlineData("HF_TOKEN", "hf_abcdefgh\nX-Evil: 1")]
    [InlineData("HF_TOKEN", "hf_abc defgh")]
    public void WrongVariables_AreNamed_AndNotShown(string name, string value)
    {
        var refused = Assert.Throws<FormatException>(() => HubEnvironment.Read(asked => asked == name ? value : null));
        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hf_", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("pass", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheToken_IsTakenFromTheVariable_OrFromTheFileOfTheHubsOwnTools()
    {
        var home = Directory.CreateTempSubdirectory("kvasir-hub-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(home, ".cache", "huggingface"));
            File.WriteAllText(Path.Combine(home, ".cache", "huggingface", "token"), "hf_of_file\n");
            File.WriteAllText(Path.Combine(home, "token"), "hf_of_home");
            Assert.Equal("hf_of_file", Read(("HOME", home)).Token);
            Assert.Equal("hf_of_home", Read(("HOME", home), ("HF_HOME", home)).Token);
            Assert.Equal("hf_of_home", Read(("HF_TOKEN_PATH", Path.Combine(home, "token"))).Token);
            Assert.Equal("hf_of_variable", Read(("HOME", home), ("HF_TOKEN", " hf_of_variable ")).Token);
            Assert.Null(Read().Token);
            Assert.True(Read(("HF_HUB_OFFLINE", "yes")).Offline);
            Assert.Equal("https://hub.example/base", Read(("HF_ENDPOINT", "https://hub.example/base/")).Endpoint.ToString());
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    [Fact]
    public void TheFolder_IsTheNamedOne_OrTheUsersDataFolder()
    {
        Assert.Equal(Path.GetFullPath("/x/y"), Folder(("KVASIR_MODELS", "/x/y"), ("XDG_DATA_HOME", "/z")));
        if (OperatingSystem.IsWindows())
            return;
        Assert.Equal("/z/kvasir/models", Folder(("XDG_DATA_HOME", "/z"), ("HOME", "/h")));
        Assert.Equal("/h/.local/share/kvasir/models", Folder(("XDG_DATA_HOME", "relative"), ("HOME", "/h")));
    }

    private static HubOptions Read(params (string Name, string Value)[] variables) => HubEnvironment.Read(Variable(variables));

    private static string Folder(params (string Name, string Value)[] variables) => ModelsFolder.Default(Variable(variables)).Path;

    private static Func<string, string?> Variable((string Name, string Value)[] variables) =>
        name => variables.FirstOrDefault(variable => variable.Name == name).Value;
}
