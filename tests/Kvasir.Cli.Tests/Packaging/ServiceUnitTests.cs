namespace Kvasir.Cli.Tests.Packaging;

public sealed class ServiceUnitTests
{
    private static readonly string Unit = File.ReadAllText(Path.Combine(Shell.Root, "packaging", "kvasir.service"));

    [Theory]
    [InlineData("ExecStart=/opt/kvasir/kvasir serve --config /etc/kvasir/kvasir.json")]
    [InlineData("KillSignal=SIGTERM")]
    [InlineData("DynamicUser=yes")]
    [InlineData("NoNewPrivileges=yes")]
    [InlineData("ProtectSystem=strict")]
    [InlineData("EnvironmentFile=-/etc/kvasir/kvasir.env")]
    public void TheUnit_Says(string line) => Assert.Contains(line, Unit.Split('\n'));

    [ProgramFact("systemd-analyze")]
    public void TheUnit_IsAccepted()
    {
        var folder = Directory.CreateTempSubdirectory("kvasir-unit-").FullName;
        try
        {
            // Only the program's place is another: it is not installed here.
            var path = Path.Combine(folder, "kvasir.service");
            File.WriteAllText(path, Unit.Replace("/opt/kvasir/kvasir", "/bin/true", StringComparison.Ordinal));
            Shell.Run(folder, new Dictionary<string, string>(), "systemd-analyze", "verify", path);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
