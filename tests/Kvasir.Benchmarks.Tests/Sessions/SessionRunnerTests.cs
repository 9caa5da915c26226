using Kvasir.Benchmarks.Measures;
using Kvasir.Benchmarks.Sessions;
using Kvasir.Engine;
using Kvasir.Numerics.Attention;

namespace Kvasir.Benchmarks.Tests.Sessions;

public sealed class SessionRunnerTests : IDisposable
{
    private readonly TestModel _model = new();

    public void Dispose() => _model.Dispose();

    [Fact]
    public async Task AFrozenContext_IsFoundWhole_ByEveryQuestion_AndKeepsNothingOfThem()
    {
        using var session = await OpenAsync(KvDataType.F16);
        var runner = new PrefixSessionRunner(session, reuses: true);
        int[] context = [.. Enumerable.Range(3, 50)];
        var handle = await runner.EncodeAsync(context, CancellationToken.None);
        var before = await session.StatusAsync();
        Assert.Equal(context.Length, before.CachedTokens);
        Assert.Equal(context.Length * session.Layout.BytesPerToken, handle.ResidentBytes);
        for (var i = 0; i < 3; i++)
            await runner.AskAsync(handle, [7, 8, 9], 5, CancellationToken.None);
        var after = await session.StatusAsync();
        Assert.Equal(context.Length, after.CachedTokens);
        Assert.Equal(3 * context.Length, after.ReusedTokens - before.ReusedTokens);
        await runner.ReleaseAsync(handle);
        Assert.Equal(0, (await session.StatusAsync()).CachedTokens);
    }

    [Fact]
    public async Task LogitsBehindAFrozenContext_AreThoseOfComputingAfresh_BitByBit()
    {
        using var session = await OpenAsync(KvDataType.F16);
        int[] context = [.. Enumerable.Range(3, 50)];
        int[] answer = [11, 12, 13, 14];
        var rows = new List<IReadOnlyList<float[]>>();
        foreach (var reuses in (bool[])[true, false])
        {
            var runner = new PrefixSessionRunner(session, reuses);
            rows.Add(await runner.ReadAsync(await runner.EncodeAsync(context, CancellationToken.None), [7, 8], answer, CancellationToken.None));
        }

        Assert.Equal(answer.Length, rows[0].Count);
        Assert.Equal(rows[0], rows[1]);
        var kl = TeacherForcedKl.Compare(rows[0], rows[1]);
        Assert.Equal(0, kl.Mean);
        Assert.Equal(1, kl.Agreement);
    }

    [Theory]
    [InlineData("streamingllm")]
    [InlineData("snapkv")]
    [InlineData("h2o")]
    public async Task ASmallerCache_KeepsItsBudget_AndAnswersAlikeEveryTime(string policy)
    {
        using var session = await OpenAsync(KvDataType.F16);
        var runner = new CompressedSessionRunner(session, policy, 0.5);
        int[] context = [.. Enumerable.Range(3, 100)];
        var handle = await runner.EncodeAsync(context, CancellationToken.None);
        Assert.InRange(handle.ResidentBytes / (context.Length * session.Layout.BytesPerToken), 0.4, 0.5);
        var one = await runner.ReadAsync(handle, [7, 8], [11, 12], CancellationToken.None);
        await runner.AskAsync(handle, [9, 10, 11], 4, CancellationToken.None);
        Assert.Equal(one, await runner.ReadAsync(handle, [7, 8], [11, 12], CancellationToken.None));
        var whole = new PrefixSessionRunner(session, reuses: true);
        Assert.NotEqual(one, await whole.ReadAsync(handle, [7, 8], [11, 12], CancellationToken.None));

        // What the shapes say is what the engine counted.
        var status = await session.StatusAsync();
        Assert.Equal(status.ComputedRows * session.Shapes.BytesPerToken, session.Expected.WrittenBytes);
        Assert.Equal(status.ReusedTokens * session.Shapes.BytesPerToken, session.Expected.FoundBytes);
    }

    [Fact]
    public async Task AShorterDataType_DeviatesUnderTeacherForcing()
    {
        int[] context = [.. Enumerable.Range(3, 50)];
        var rows = new List<IReadOnlyList<float[]>>();
        foreach (var type in (KvDataType[])[KvDataType.F32, KvDataType.BF16])
        {
            using var session = await OpenAsync(type);
            var runner = new PrefixSessionRunner(session, reuses: true);
            rows.Add(await runner.ReadAsync(await runner.EncodeAsync(context, CancellationToken.None), [7, 8], [11, 12, 13], CancellationToken.None));
        }

        Assert.InRange(TeacherForcedKl.Compare(rows[0], rows[1]).Mean, 1e-12, 0.1);
    }

    [Fact]
    public void Surprise_IsTheLogarithmOfTheProbability()
    {
        var surprise = TeacherForcedKl.Surprise([[0, 0, 0, 0], [(float)Math.Log(3), 0]], [2, 0]);
        Assert.Equal(Math.Log(4), surprise[0], 6);
        Assert.Equal(-Math.Log(0.75), surprise[1], 6);
        Assert.Throws<ArgumentException>(() => TeacherForcedKl.Surprise([[0, 0]], [0, 1]));
        Assert.Throws<ArgumentException>(() => TeacherForcedKl.Compare([[0f]], []));
    }

    [Fact]
    public async Task Costs_AreThoseOfTheShapes()
    {
        using var session = await OpenAsync(KvDataType.F16);
        var config = session.Engine.Config;
        var width = config.QueryHeads * config.HeadDim;
        var weights = config.Layers * config.HiddenSize * (double)((2 * width) + (2 * config.KvHeads * config.HeadDim) + (3 * config.IntermediateSize));

        // Three rows behind ten: they see 11, 12 and 13 rows, and each pair costs two operations a dimension for its score and two for its value.
        Assert.Equal((3 * 2 * weights) + (config.Layers * 4.0 * width * (11 + 12 + 13)), session.Shapes.PrefillFlops(10, 3));

        // Four tokens are three steps, which read 14, 15 and 16 rows.
        var costs = session.Shapes.Ask(10, 3, 4);
        Assert.Equal(6 * session.Layout.BytesPerToken, costs.WrittenBytes);
        Assert.Equal(10 * session.Layout.BytesPerToken, costs.FoundBytes);
        Assert.Equal((14 + 15 + 16) * session.Layout.BytesPerToken, costs.ReadBytes);
        Assert.Equal(15 * session.Layout.BytesPerToken, costs.ReadBytesPerStep);
    }

    private Task<SessionEngine> OpenAsync(KvDataType type) =>
        SessionEngine.OpenAsync(_model.Path, new EngineOptions { KvType = type, Threads = 1, MaxBatchTokens = 64 });
}
