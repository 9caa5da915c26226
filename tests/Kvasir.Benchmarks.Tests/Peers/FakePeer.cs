using Kvasir.Benchmarks.Peers;

namespace Kvasir.Benchmarks.Tests.Peers;

/// <summary>A peer that is a small script.</summary>
internal static class FakePeer
{
    /// <summary>Takes a second for a first token and half a second for ten others, whatever is asked.</summary>
    public const string Steady = """
        echo '{"ready":true,"version":"9"}'
        while read -r line; do echo '{"firstMs":1000,"restMs":500,"tokens":10}'; done
        """;

    public static PeerDefinition Write(string folder, string name, string script)
    {
        var own = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
        File.WriteAllText(Path.Combine(own, "peer.sh"), script);
        return new PeerDefinition(name, own, ["sh", "peer.sh"], null, "");
    }
}
