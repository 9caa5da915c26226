using Kvasir.Engine.Blending.Audit;
using Kvasir.Engine.Requests;

namespace Kvasir.Engine.Tests.Blending;

public sealed class AuditTests
{
    private static readonly AuditOptions Always = new() { Rate = 1, MinSamples = 3, Window = 4, MaxDivergence = 1e-6, MinAgreement = 0 };

    [Fact]
    public void AuditedAnswersAreRunAgainWithoutReuse_AndCompared()
    {
        using var run = new BlendRun(audit: Always with { MaxDivergence = 1e9 });
        run.Warm(1, 2);
        run.Run(BlendRun.Request(BlendRun.Prompt(5, [2, 1]), new FixedPolicy(0), store: false));
        run.Run(BlendRun.Request(BlendRun.Prompt(5, [2, 1]), new FixedPolicy(1), store: false));
        Idle(run);
        var status = run.Loop.Loop.Status.Audits;
        Assert.Equal(["every 0", "every 1"], status.Select(one => one.Policy).Order());
        Assert.True(status.Single(one => one.Policy == "every 0").Divergence > 1e-6);
        var exact = status.Single(one => one.Policy == "every 1");
        Assert.Equal(0, exact.Divergence, 12);
        Assert.Equal(1, exact.Agreement);
    }

    [Fact]
    public void APolicyThatDeviatesTooMuchIsSwitchedOff_ForItsTenantOnly()
    {
        using var run = new BlendRun(audit: Always);
        byte[] other = [1];
        run.Warm(1, 2);
        Warm(other);
        for (var i = 0; i < 3; i++)
            run.Run(BlendRun.Request(BlendRun.Prompt(5, [2, 1], seed: i), new FixedPolicy(0), store: false));
        Idle(run);
        Assert.True(run.Loop.Loop.Status.Audits.Single().IsSwitchedOff);
        Assert.Equal(0, Blended(BlendRun.Request(BlendRun.Prompt(5, [2, 1], seed: 9), new FixedPolicy(0), store: false)));
        Assert.Equal(80, Blended(BlendRun.Request(BlendRun.Prompt(5, [2, 1], seed: 9), new FixedPolicy(2), store: false)));
        Assert.Equal(80, Blended(BlendRun.Request(BlendRun.Prompt(5, [2, 1], seed: 9), new FixedPolicy(0), store: false) with { CacheSalt = other }));

        int Blended(GenerationRequest request) => run.Run(request)[0].Sequence.BlendReport!.BlendedTokens;

        void Warm(byte[] salt)
        {
            foreach (var chunk in (int[])[1, 2])
                run.Run(BlendRun.Request(([3, .. BlendRun.Chunk(chunk)], [new(1, BlendRun.ChunkLength)]), new FixedPolicy(0), answer: 1) with { CacheSalt = salt });
        }
    }

    [Fact]
    public void AShadowRunGivesWay_AndIsDoneLater()
    {
        using var run = new BlendRun(audit: Always);
        run.Warm(1, 2);
        run.Run(BlendRun.Request(BlendRun.Prompt(5, [2, 1]), new FixedPolicy(0), answer: 20, store: false));
        Assert.True(run.Loop.Loop.Scrub());
        Assert.True(run.Loop.Loop.Step());
        run.Run(BlendRun.Request(BlendRun.Prompt(3, [1]), policy: null));
        Assert.Empty(run.Loop.Loop.Status.Audits);
        Idle(run);
        Assert.Equal(1, run.Loop.Loop.Status.Audits.Single().Audits);
    }

    [Fact]
    public void EverySoManyethAnswerIsAudited()
    {
        using var run = new BlendRun(audit: Always with { Rate = 0.25, MaxDivergence = 1e9 });
        run.Warm(1);
        for (var i = 0; i < 8; i++)
            run.Run(BlendRun.Request(BlendRun.Prompt(5, [1], seed: i), new FixedPolicy(0), answer: 2, store: false));
        Idle(run);
        Assert.Equal(2, run.Loop.Loop.Status.Audits.Single().Audits);
    }

    private static void Idle(BlendRun run)
    {
        while (run.Loop.Loop.Scrub())
            run.Loop.Finish();
    }
}
