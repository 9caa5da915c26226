using Kvasir.Engine.Agents;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Tests.Support;
using Kvasir.KvCache.Blending.Anchors;

namespace Kvasir.Engine.Tests.Agents;

public sealed class AgentTeamTests
{
    [Fact]
    public async Task AnAnchorsOwnText_GivesTheRowsOfTheDenseRun_AndItsAnswer()
    {
        using var tiny = await TinyTeam.CreateAsync();
        AgentAnswer dense, again, base1;
        TinyTeam.Rows denseRows = new(), againRows = new(), baseRows = new();
        using (var round = tiny.Team.BeginRound())
        {
            var text = await round.AddTextAsync(TinyTeam.Text, TinyModel.Tokens(30, 11), "the text");
            dense = await round.AskAsync("reader", TinyTeam.Messages(text), new AgentCall { Capture = denseRows });
        }

        using (var round = tiny.Team.BeginRound())
        {
            var text = await round.AddTextAsync(TinyTeam.Text, TinyModel.Tokens(30, 11), "the text");
            again = await round.AskAsync("reader", TinyTeam.Messages(text), new AgentCall { Capture = againRows });
            base1 = await round.AskAsync("reader", TinyTeam.Messages(text), new AgentCall { Capture = baseRows, Reuse = AgentReuse.Always, Corrections = AgentCorrections.Rotation });
        }

        Assert.False(dense.Reused);
        Assert.True(again.Reused);
        Assert.Equal(30 + 4, again.PredictedTokens);
        Assert.InRange(TinyTeam.Difference(denseRows.All, againRows.All), 0, 1e-3f);
        Assert.Equal(dense.Answer.Tokens, again.Answer.Tokens);
        Assert.True(base1.Reused);
        Assert.True(TinyTeam.Difference(denseRows.All, baseRows.All) > 0.01f, "without offsets the rows are those of the dense run, so the offsets prove nothing");
    }

    [Fact]
    public async Task APoolOfOneAnchor_WithAllWeightOnIt_ReproducesItsText()
    {
        // The same text under another name: its offsets are borrowed, not known.
        using var tiny = await TinyTeam.CreateAsync();
        var call = new AgentCall { Reuse = AgentReuse.Always, Capture = new TinyTeam.Rows() };
        var dense = new AgentCall { Capture = new TinyTeam.Rows() };
        using (var round = tiny.Team.BeginRound())
            await round.AskAsync("reader", TinyTeam.Messages(await round.AddTextAsync(TinyTeam.Text, TinyModel.Tokens(30, 11))), dense);
        using (var round = tiny.Team.BeginRound())
            Assert.True((await round.AskAsync("reader", TinyTeam.Messages(await round.AddTextAsync(TinyTeam.Text, TinyModel.Tokens(30, 11))), call)).Reused);
        Assert.InRange(TinyTeam.Difference(((TinyTeam.Rows)dense.Capture).All, ((TinyTeam.Rows)call.Capture).All), 0, 1e-3f);
    }

    [Fact]
    public async Task WithoutGamma_EveryPromptIsComputed_WithTheBitsOfOrdinaryRequests()
    {
        using var tiny = await TinyTeam.CreateAsync(new AnchorSettings { Gamma = 0 });
        for (var seed = 0; seed < 3; seed++)
        {
            var (reader, chain) = await tiny.RoundAsync(20 + seed, 24);
            Assert.False(reader.Reused || chain.Reused);
            int[] prompt = [.. TinyModel.Tokens(40, 1), .. TinyModel.Tokens(24, 20 + seed), .. TinyModel.Tokens(5, 2)];
            using var plain = tiny.Engine.Submit(new GenerationRequest { Prompt = prompt, MaxTokens = 6, UsePrefixCache = false });
            Assert.Equal((await plain.Choices[0].CompleteAsync()).Tokens, reader.Answer.Tokens);
        }

        Assert.Equal(0, tiny.Team.Statistics.Anchors);
    }

    [Fact]
    public async Task RelatedTexts_AreComputedUntilThereAreAnchors_ThenPredicted()
    {
        using var tiny = await TinyTeam.CreateAsync();
        var reused = new List<(bool, bool)>();
        for (var seed = 0; seed < 4; seed++)
        {
            var (reader, chain) = await tiny.RoundAsync(30 + seed, 24);
            reused.Add((reader.Reused, chain.Reused));
        }

        // Two texts must be there before a third may borrow from them.
        Assert.Equal([(false, false), (false, false)], reused[..2]);
        Assert.True(reused[3].Item1);
        var statistics = tiny.Team.Statistics;
        Assert.Equal(8, statistics.DenseCalls + statistics.ReusedCalls);
        Assert.True(statistics.PredictedTokens > 0 && statistics.CorrectionTime > TimeSpan.Zero);
    }

    [Fact]
    public async Task APredictedPromptWhoseFirstTokenIsACloseCall_IsComputed_WithTheAnswerOfADenseRun()
    {
        using var sure = await TinyTeam.CreateAsync();
        using var doubting = await TinyTeam.CreateAsync(leastMargin: 1000);
        var predicted = 0;
        for (var seed = 0; seed < 5; seed++)
        {
            var (reader, _) = await sure.RoundAsync(30 + seed, 24);
            var (doubted, chain) = await doubting.RoundAsync(30 + seed, 24);
            Assert.Equal(reader.Reused, doubted.Doubted);
            Assert.False(doubted.Reused || chain.Reused);
            Assert.Equal(0, doubted.PredictedTokens);
            predicted += reader.Reused ? 1 : 0;
            int[] prompt = [.. TinyModel.Tokens(40, 1), .. TinyModel.Tokens(24, 30 + seed), .. TinyModel.Tokens(5, 2)];
            using var plain = doubting.Engine.Submit(new GenerationRequest { Prompt = prompt, MaxTokens = 6, UsePrefixCache = false });
            Assert.Equal((await plain.Choices[0].CompleteAsync()).Tokens, doubted.Answer.Tokens);
        }

        Assert.True(predicted > 1);
        Assert.Equal(0, doubting.Team.Statistics.ReusedCalls);
        Assert.True(doubting.Team.Statistics.DoubtedCalls >= predicted);
    }

    [Fact]
    public async Task AJudge_ComputesItsPrompts()
    {
        using var tiny = await TinyTeam.CreateAsync(judge: true);
        for (var seed = 0; seed < 5; seed++)
            Assert.False((await tiny.RoundAsync(30 + seed, 24)).Chain.Reused);
    }

    [Fact]
    public async Task ATextLongerThanEveryAnchor_IsComputed()
    {
        using var tiny = await TinyTeam.CreateAsync();
        for (var seed = 0; seed < 3; seed++)
            await tiny.RoundAsync(30 + seed, 20);
        var reader = (await tiny.RoundAsync(40, 25)).Reader;
        Assert.False(reader.Reused);
        Assert.Equal(PredictionOutcome.TooLong, reader.Placeholders[0].Outcome);
    }

    [Theory]
    [InlineData(SegmentRows.Predicted)]
    [InlineData(SegmentRows.LastComputed)]
    [InlineData(SegmentRows.Computed)]
    public async Task FourRoundsAtOnce_GiveWhatFourOneByOneGive(SegmentRows segments)
    {
        var (serial, serialPools) = await RunAsync(segments, together: false);
        var (concurrent, concurrentPools) = await RunAsync(segments, together: true);
        Assert.Equal(serial, concurrent);
        Assert.Equal(serialPools, concurrentPools);
    }

    [Fact]
    public async Task AMessageOfAnotherTeam_IsRefused()
    {
        using var one = await TinyTeam.CreateAsync();
        using var other = await TinyTeam.CreateAsync();
        using var round = one.Team.BeginRound();
        using var foreign = other.Team.BeginRound();
        var message = await foreign.AddTextAsync(TinyTeam.Text, TinyModel.Tokens(9, 1));
        await Assert.ThrowsAsync<ArgumentException>(() => round.AskAsync("reader", TinyTeam.Messages(message)));
        await Assert.ThrowsAsync<ArgumentException>(() => round.AskAsync("chain", new Dictionary<string, AgentMessage>()));
        await Assert.ThrowsAsync<ArgumentException>(() => round.AskAsync("nobody", TinyTeam.Messages(message)));
    }

    private static async Task<(List<int[]> Answers, string Pools)> RunAsync(SegmentRows segments, bool together)
    {
        using var tiny = await TinyTeam.CreateAsync(segments: segments, threads: 2);
        for (var seed = 0; seed < 4; seed++)
            await tiny.RoundAsync(50 + seed, 24 + seed, $"warm {seed}");
        var rounds = Enumerable.Range(0, 4).Select(_ => tiny.Team.BeginRound()).ToArray();
        var answers = new (AgentAnswer Reader, AgentAnswer Chain)[4];
        if (together)
        {
            await Task.WhenAll(rounds.Select(async (round, i) => answers[i] = await TinyTeam.AskAsync(round, 70 + i, 22 + (2 * i), $"text {i}")));
        }
        else
        {
            for (var i = 0; i < rounds.Length; i++)
                answers[i] = await TinyTeam.AskAsync(rounds[i], 70 + i, 22 + (2 * i), $"text {i}");
        }

        foreach (var round in rounds.Reverse())
            round.Dispose();
        Assert.Contains(answers, pair => pair.Reader.Reused);
        Assert.Contains(answers, pair => !pair.Reader.Reused);
        return (
            [.. answers.SelectMany(pair => new[] { pair.Reader.Answer.Tokens.ToArray(), pair.Chain.Answer.Tokens.ToArray() })],
            string.Join(' ', tiny.Team.Pools.Anchors(TinyTeam.Text).Select(anchor => $"{anchor.Id}:{anchor.Uses}:{anchor.Offsets.Count}")));
    }
}
