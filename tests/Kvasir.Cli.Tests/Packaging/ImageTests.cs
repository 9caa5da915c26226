using System.Text;
using System.Text.Json;

namespace Kvasir.Cli.Tests.Packaging;

public sealed class ImageTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kvasir-image-").FullName;

    [ProgramFact("ldd")]
    public void Image_IsWhole_RunsWithoutRights_AndHoldsWhatTheProgramNeeds()
    {
        var image = new OciImage(Build("image.tar"));
        var config = image.Config.GetProperty("config");
        Assert.Equal("10001:10001", config.GetProperty("User").GetString());
        Assert.Equal("/app/kvasir", Assert.Single(Texts(config.GetProperty("Entrypoint"))));
        Assert.Equal(["serve", "--listen", "http://0.0.0.0:8080"], Texts(config.GetProperty("Cmd")));
        Assert.True(config.GetProperty("ExposedPorts").TryGetProperty("8080/tcp", out _));
        Assert.Equal(["CMD", "/app/kvasir", "health"], Texts(config.GetProperty("Healthcheck").GetProperty("Test")).Take(3));
        Assert.Equal("SIGTERM", config.GetProperty("StopSignal").GetString());
        Assert.Equal("linux", image.Config.GetProperty("os").GetString());

        var program = image.Files["app/kvasir"];
        Assert.Equal(File.ReadAllBytes("/bin/true"), program.Content);
        Assert.True(program.Mode.HasFlag(UnixFileMode.OtherExecute));
        Assert.Equal("weights", Encoding.UTF8.GetString(image.Files["app/models/tiny.gguf"].Content));
        Assert.Contains("kvasir:x:10001:10001", Encoding.UTF8.GetString(image.Files["etc/passwd"].Content), StringComparison.Ordinal);
        Assert.Contains(image.Files.Keys, name => name.Contains("/libc.so", StringComparison.Ordinal));
        Assert.Contains(image.Files.Keys, name => name.Contains("/ld-linux", StringComparison.Ordinal));
        Assert.True(image.Files["tmp"].Mode.HasFlag(UnixFileMode.StickyBit | UnixFileMode.OtherWrite));
        Assert.All(image.Files.Values, file => Assert.Equal(0, file.Owner));
        Assert.DoesNotContain(image.Files.Keys, name => name.EndsWith("/sh", StringComparison.Ordinal));
    }

    [ProgramFact("ldd")]
    public void Image_HasNoBlobThatNothingNames_AndTheOlderManifestNamesTheSame()
    {
        var image = new OciImage(Build("image.tar"));
        var docker = Assert.Single(image.DockerManifest.EnumerateArray());
        var layers = Texts(docker.GetProperty("Layers"));
        Assert.Equal(image.Manifest.GetProperty("layers").EnumerateArray().Select(Path), layers);
        string[] named = [.. layers, docker.GetProperty("Config").GetString()!, Path(image.Index.GetProperty("manifests")[0])];
        Assert.Equal(named.Order(StringComparer.Ordinal), image.Blobs.Order(StringComparer.Ordinal));

        static string Path(JsonElement descriptor) => $"blobs/{descriptor.GetProperty("digest").GetString()!.Replace(':', '/')}";
    }

    [ProgramFact("ldd")]
    public void Image_OfTheSameFiles_HasTheSameBytes() =>
        Assert.Equal(File.ReadAllBytes(Build("first.tar")), File.ReadAllBytes(Build("second.tar")));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string[] Texts(JsonElement array) => [.. array.EnumerateArray().Select(item => item.GetString()!)];

    /// <summary>An image around a program that is small and linked as usual.</summary>
    private string Build(string name)
    {
        var program = Directory.CreateDirectory(Path.Combine(_folder, Path.GetFileNameWithoutExtension(name))).FullName;
        File.Copy("/bin/true", Path.Combine(program, "kvasir"));
        Directory.CreateDirectory(Path.Combine(program, "models"));
        File.WriteAllText(Path.Combine(program, "models", "tiny.gguf"), "weights");
        var output = Path.Combine(_folder, name);
        Shell.Run(_folder, new Dictionary<string, string>(), Path.Combine(Shell.Root, "scripts", "image"), "--program", program, "--output", output, "--version", "1.2.3");
        return output;
    }
}
