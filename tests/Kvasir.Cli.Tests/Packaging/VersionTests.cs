using System.Xml.Linq;
using Kvasir.Cli.Start;

namespace Kvasir.Cli.Tests.Packaging;

public sealed class VersionTests
{
    [Fact]
    public async Task TheVersion_IsThatOfTheOnePlaceWhereItIsWritten()
    {
        var written = XDocument.Load(Path.Combine(Shell.Root, "Directory.Build.props")).Descendants("VersionPrefix").Single().Value;
        var assembly = typeof(CommandLine).Assembly.GetName().Version!;
        Assert.Equal(written, assembly.ToString(3));

        // In a test the entry assembly is the test host: only that the option answers can be seen here.
        Assert.Equal(ExitCode.Success, (await Cli.RunAsync(["--version"])).Code);
    }

    [Theory]
    [InlineData("flags\t\t: fpu avx2 avx512f avx512bw avx512cd avx512dq avx512vl", true)]
    [InlineData("flags\t\t: fpu avx2 avx512f avx512bw avx512cd avx512dq", false)]
    [InlineData("Features\t: fp asimd", false)]
    public void TheBuildForAvx512_IsTakenOnlyWithAllOfIt(string line, bool expected) =>
        Assert.Equal(expected, FasterBuild.HasAvx512(["processor\t: 0", line]));
}
