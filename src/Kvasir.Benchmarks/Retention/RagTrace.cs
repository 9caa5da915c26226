using Kvasir.KvCache.Identity;

namespace Kvasir.Benchmarks.Retention;

/// <summary>
/// Questions over retrieved documents: one system prompt, then one or two documents (Zipf; what is popular changes slowly), then the
/// question. Only a prefix is reused, so a second document is found only behind the same first one.
/// </summary>
internal static class RagTrace
{
    private const int Documents = 2_000;
    private const double Exponent = 0.9;
    private const double SecondDocument = 0.3;
    private const int RequestsBetweenChanges = 200;
    private const int SystemTokens = 800;

    public static RetentionTrace Create(int seed, int requests)
    {
        var random = new Random(seed);
        var system = new PromptChain().Add(random, SystemTokens);
        var shared = new HashSet<BlockKey>();
        system.AddTo(shared);
        var documents = new int[Documents][];
        for (var i = 0; i < Documents; i++)
        {
            documents[i] = new int[Draws.Tokens(random, 1_500, 0.6, 300, 6_000)];
            for (var token = 0; token < documents[i].Length; token++)
                documents[i][token] = random.Next(50_000);
        }

        var zipf = new ZipfDraw(Documents, Exponent);
        var made = new List<TraceRequest>(requests);
        var now = 0.0;
        for (var i = 0; i < requests; i++)
        {
            // A document trades places with any other: now and then an unknown one becomes popular.
            if (i % RequestsBetweenChanges == RequestsBetweenChanges - 1)
            {
                var (popular, other) = (zipf.Next(random), random.Next(Documents));
                (documents[popular], documents[other]) = (documents[other], documents[popular]);
            }

            var chain = system.Fork().Add(documents[zipf.Next(random)]);
            if (random.NextDouble() < SecondDocument)
                chain.Add(documents[zipf.Next(random)]);
            chain.Add(random, Draws.Tokens(random, 40, 0.6, 5, 400));
            made.Add(chain.Request(now));
            now += Draws.Exponential(random, 1);
        }

        return new RetentionTrace("rag", made, shared);
    }
}
