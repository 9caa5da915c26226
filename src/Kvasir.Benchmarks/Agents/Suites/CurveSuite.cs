using Kvasir.KvCache.Blending.Anchors;

namespace Kvasir.Benchmarks.Agents.Suites;

/// <summary>Reuse and agreement by γ and by the capacity of the pools.</summary>
internal static class CurveSuite
{
    private static readonly double[] Gammas = [0, 0.1, 0.3, 0.5, 0.9];
    private static readonly int[] Capacities = [5, 10, 15, 20, 25];
    private static readonly double[] Margins = [0, 0.5, 1];

    public static async Task RunAsync(AgentSession session, AgentRecorder recorder)
    {
        var quick = recorder.Options.Quick;
        var setup = new StreamSetup { Agents = quick ? 2 : 3, Questions = quick ? 30 : 100 };
        foreach (var gamma in quick ? [0, 0.1, 0.5] : Gammas)
            await PointAsync("gamma", gamma, setup with { Anchors = setup.Anchors with { Gamma = gamma } }).ConfigureAwait(false);
        foreach (var capacity in quick ? [5, 20] : Capacities)
            await PointAsync("capacity", capacity, setup with { Anchors = setup.Anchors with { Capacity = capacity } }).ConfigureAwait(false);
        if (quick)
            return;
        await PointAsync("scale", 0, setup).ConfigureAwait(false);
        await PointAsync("scale", 1, setup with { Anchors = AnchorSettings.Relative }).ConfigureAwait(false);
        foreach (var margin in Margins)
            await PointAsync("margin", margin, setup with { LeastMargin = margin }).ConfigureAwait(false);

        async Task PointAsync(string curve, double x, StreamSetup point)
        {
            var results = new List<StreamResult>();
            foreach (var seed in recorder.Seeds)
            {
                var run = await StreamRun.BeginAsync(session, point, seed, recorder.Cancellation).ConfigureAwait(false);
                await run.RunAsync(recorder.Cancellation).ConfigureAwait(false);
                results.Add(run.Result);
            }

            recorder.Add(new AgentCurve(
                curve,
                curve == "scale" ? $"{point.Anchors.Scale} distances" : "kvcomm",
                x,
                results.Average(result => result.ReuseRate),
                results.Average(result => result.TokenShare),
                results.Average(result => result.Agreement),
                results.Average(result => result.Kl),
                double.NaN));
        }
    }
}
