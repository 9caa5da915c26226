using Kvasir.Engine.Blending;
using Kvasir.Engine.Loading;
using Kvasir.Engine.Requests;
using Kvasir.Engine.Tests.Support;
using Kvasir.Numerics.Attention;

namespace Kvasir.Engine.Tests.Blending;

public sealed class BlendGateTests
{
    [Fact]
    public void AModelWhoseRowsCanBeMoved_Passes()
    {
        using var model = LoadedModel.Open(TestModel.Fixture("llama_rope3"), new EngineOptions { Threads = 1, BlockRows = 16 });
        Assert.Null(BlendGate.Check(model));
    }

    [Fact]
    public void ARopeThatIsNotTheModelsOwnIsFound()
    {
        using var model = LoadedModel.Open(TinyModel.Llama, new EngineOptions { Threads = 1 });
        using var other = new RopeTable([.. model.Config.Rope.InverseFrequencies().ToArray().Select(frequency => 1.001 * frequency)], 16);
        Assert.Contains("is off by", BlendGate.CheckRotation(model, other), StringComparison.Ordinal);
    }

    [Fact]
    public void AModelWhoseRowsCannotBeMoved_IsRefusedChunkReuse_AndAnswersOtherwise()
    {
        using var run = new BlendRun(blendFault: "its rope is no rotation");
        var prompt = BlendRun.Prompt(5, [1, 2]);
        var refused = run.Loop.Submit(BlendRun.Request(prompt, new FixedPolicy(0)));
        run.Loop.Finish();
        Assert.Equal(FinishReason.Failed, refused.Output.Finish);
        Assert.Equal(FinishReason.Length, run.Run(BlendRun.Request(prompt, policy: null))[0].Sequence.Output.Finish);
    }
}
